/** How users speak to a server, beyond its kind and path: what TARGET_OPTIONS holds as JSON. */
export interface TargetOptions {
  /** Absent: plain TCP. */
  tls?: TlsOptions;
  /** Sent with the request of http and of the upgrade, in this order, after our own; a Host given here takes the place of ours. */
  headers?: [name: string, value: string][];
  /** ws: those that are offered, the preferred one first. */
  subprotocols?: string[];
  /** What a user sends first once it is open, in base64; `{n}` in it is the user's number. ws: text where it is UTF-8, else binary. */
  send?: string;
  /** A user is open only once the server's first words, after `send` if there is one, hold this text. */
  expectFirst?: string;
}

/** What the users ask of the server's certificate. */
export interface TlsOptions {
  /** Certificates to trust, in PEM; absent: those of Node. */
  ca?: string;
  /** Takes any certificate. */
  insecure?: boolean;
  /** The name asked for (SNI) and looked for in the certificate; absent: the host, unless it is an address. */
  servername?: string;
  /** Of the protocol; absent: the newest that both have. */
  maxVersion?: 'TLSv1.2';
}
