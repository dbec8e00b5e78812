export const PEM_FUNCTIONS = {};
