/** What the stack puts before a function's name into the app id of its User-Agent (AWS_SDK_UA_APP_ID). */
export const APP_ID = "secret-relay-";
