export const JWK_FUNCTIONS = {};
