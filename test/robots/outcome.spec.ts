import assert from 'node:assert/strict';
import type { Outcome, Stage } from '../../protocol/fleet-events.ts';
import { classify, type Ending } from '../../robots/outcome.ts';

const eof = (errno: string): Ending => ({ how: 'eof', answer: { errno, syscall: 'write' } });
const error = (errno: string, syscall?: string): Ending => ({ how: 'error', errno, syscall });

const TABLE: [Stage, Ending, Outcome, Record<string, unknown>][] = [
  ['connect', error('ECONNRESET', 'connect'), 'reset', { errno: 'ECONNRESET', syscall: 'connect' }],
  ['upgrade', error('ECONNRESET', 'read'), 'reset', { errno: 'ECONNRESET', syscall: 'read' }],
  ['open', error('ECONNRESET', 'read'), 'reset', { errno: 'ECONNRESET', syscall: 'read' }],
  ['connect', error('ECONNREFUSED', 'connect'), 'refused', { errno: 'ECONNREFUSED', syscall: 'connect' }],
  ['connect', error('EADDRNOTAVAIL', 'connect'), 'no-port', { errno: 'EADDRNOTAVAIL', syscall: 'connect' }],
  ['connect', error('EADDRINUSE', 'connect'), 'no-port', { errno: 'EADDRINUSE', syscall: 'connect' }],
  ['open', error('EADDRINUSE'), 'other', { errno: 'EADDRINUSE' }],
  ['connect', error('EMFILE', 'connect'), 'no-fd', { errno: 'EMFILE', syscall: 'connect' }],
  ['connect', error('ENFILE', 'connect'), 'no-fd', { errno: 'ENFILE', syscall: 'connect' }],
  [
    'connect',
    error('ETIMEDOUT', 'connect'),
    'timeout',
    {
      errno: 'ETIMEDOUT',
      syscall: 'connect',
      detail: 'the kernel gave up: nothing answered its retransmissions',
    },
  ],
  [
    'connect',
    { how: 'deadline', afterMs: 12_000 },
    'timeout',
    { detail: 'our own deadline: the TCP handshake took longer than 12000 ms' },
  ],
  [
    'upgrade',
    { how: 'deadline', afterMs: 500 },
    'timeout',
    { detail: 'our own deadline: the answer to the upgrade took longer than 500 ms' },
  ],
  [
    'upgrade',
    error('EPIPE', 'write'),
    'reset',
    { errno: 'EPIPE', syscall: 'write', detail: 'FIN, then RST to what we sent' },
  ],
  ['upgrade', { how: 'eof' }, 'eof', {}],
  ['open', { how: 'eof' }, 'eof', {}],
  [
    'upgrade',
    eof('EPIPE'),
    'reset',
    { errno: 'EPIPE', syscall: 'write', detail: 'FIN, then RST to our request' },
  ],
  [
    'upgrade',
    eof('ECONNRESET'),
    'reset',
    { errno: 'ECONNRESET', syscall: 'write', detail: 'FIN, then RST to our request' },
  ],
  [
    'open',
    eof('EPIPE'),
    'reset',
    { errno: 'EPIPE', syscall: 'write', detail: 'FIN, then RST to what we sent' },
  ],
  ['upgrade', eof('ENOBUFS'), 'eof', { detail: 'FIN; then write gave ENOBUFS' }],
  ['open', { how: 'close-frame', code: 1001 }, 'closed', { code: 1001 }],
  ['open', { how: 'close-frame', code: 1005 }, 'closed', { code: 1005 }],
  [
    'upgrade',
    { how: 'bad-response', says: 'HTTP/1.1 503 Busy' },
    'protocol',
    { detail: 'HTTP/1.1 503 Busy' },
  ],
  [
    'upgrade',
    { how: 'bad-response', says: 'HTTP/1.1 503 Busy', status: 503 },
    'protocol',
    { detail: 'HTTP/1.1 503 Busy', status: 503 },
  ],
  ['open', { how: 'bad-frame', says: 'RSV1 must be clear' }, 'protocol', { detail: 'RSV1 must be clear' }],
  [
    'tls',
    { how: 'deadline', afterMs: 500 },
    'timeout',
    { detail: 'our own deadline: the TLS handshake took longer than 500 ms' },
  ],
  ['tls', error('ECONNRESET', 'read'), 'reset', { errno: 'ECONNRESET', syscall: 'read' }],
  ['tls', { how: 'eof' }, 'eof', {}],
  [
    'tls',
    { how: 'eof', answer: { errno: 'EPIPE', syscall: undefined } },
    'reset',
    { errno: 'EPIPE', detail: 'FIN, then RST to our TLS hello' },
  ],
  [
    'tls',
    error('CERT_HAS_EXPIRED'),
    'protocol',
    { errno: 'CERT_HAS_EXPIRED', detail: 'its certificate has expired: --insecure takes any' },
  ],
  [
    'tls',
    error('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    'protocol',
    {
      errno: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      detail:
        'its certificate is signed by one that is not trusted: --ca FILE trusts it, --insecure takes any',
    },
  ],
  [
    'tls',
    error('CERT_REVOKED'),
    'protocol',
    { errno: 'CERT_REVOKED', detail: 'its certificate does not verify (CERT_REVOKED): --insecure takes any' },
  ],
  [
    'upgrade',
    error('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    'protocol',
    {
      errno: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      detail: 'the server ended TLS with the alert "certificate required"',
    },
  ],
  [
    'open',
    error('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'),
    'protocol',
    {
      errno: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
      detail: 'TLS: decryption failed or bad record mac',
    },
  ],
  ['connect', { how: 'interrupted' }, 'other', { detail: 'interrupted' }],
  [
    'connect',
    { how: 'error', errno: 'ENETUNREACH', syscall: 'connect', message: 'connect ENETUNREACH 10.0.0.1' },
    'other',
    { errno: 'ENETUNREACH', syscall: 'connect', detail: 'connect ENETUNREACH 10.0.0.1' },
  ],
];

describe('outcome', () => {
  for (const [stage, ending, outcome, rest] of TABLE) {
    it(`${stage}: ${JSON.stringify(ending)} is ${outcome}`, () => {
      assert.deepEqual(classify(stage, ending, 'linux'), { outcome, ...rest });
    });
  }

  it('EPIPE on macOS: an RST before we wrote, with or without a FIN before it', () => {
    assert.deepEqual(classify('upgrade', error('EPIPE', 'write'), 'darwin'), {
      ...{ outcome: 'reset', errno: 'EPIPE', syscall: 'write', detail: 'RST, before we wrote' },
    });
  });
});
