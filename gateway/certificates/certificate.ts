/** A self-signed certificate for `gateway`, `localhost` and this machine's loopback addresses, valid for a hundred years, and its key; in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** One for each kind of key. They are public, and guard nothing. */
const CERTIFICATES = {
  'ecdsa-p256': () => import('./ecdsa-p256.ts'),
  'rsa-2048': () => import('./rsa-2048.ts'),
  'rsa-4096': () => import('./rsa-4096.ts'),
} as const satisfies Record<string, () => Promise<Certificate>>;

export type KeyKind = keyof typeof CERTIFICATES;

/** The certificate with this kind of key; loaded only when it is asked for. */
export function certificateWith(key: KeyKind): Promise<Certificate> {
  return CERTIFICATES[key]();
}
