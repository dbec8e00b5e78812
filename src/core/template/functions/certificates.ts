export const CERTIFICATES = {};
