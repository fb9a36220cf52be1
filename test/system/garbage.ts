import fc from 'fast-check';

/** Bytes as latin1 text, and pieces of the real thing, cut and joined. */
export const garbageOf = (...texts: string[]) =>
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc
      .array(
        fc.constantFrom(
          'TcpExt:',
          ' ',
          '\n',
          ':',
          '-1',
          '0A',
          '1F90',
          ')',
          '(',
          '\t',
          'lo:',
          '\0',
          '9'.repeat(400),
        ),
      )
      .map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom(...texts), fc.nat(600), fc.nat(600))
      .map(([text, from, to]) => text.slice(0, from) + text.slice(to)),
  );
