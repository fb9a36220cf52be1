/** k6 has a console, which its type package leaves to the library for browsers. */
declare const console: Record<'log' | 'info' | 'warn' | 'error' | 'debug', (text: string) => void>;
