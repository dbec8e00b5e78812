/** What rc2.ts uses of node-forge, which has no types of its own for single parts. */
declare module "node-forge/lib/forge.js" {
  interface ByteBuffer {
    getBytes(): string;
  }
  interface Cipher {
    readonly output: ByteBuffer;
    start(iv: string): void;
    update(input: ByteBuffer): void;
    finish(): boolean;
  }
  const forge: {
    readonly rc2: { createDecryptionCipher(key: string, bits: number): Cipher };
    readonly util: { createBuffer(bytes: string): ByteBuffer };
  };
  export default forge;
}

declare module "node-forge/lib/rc2.js";
