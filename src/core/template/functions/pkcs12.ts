export const PKCS12_FUNCTIONS = {};
