/**
 * What macOS counts (struct tcpstat, struct ifnet's TCP counters), under the names that lab/evidence/darwin gives to the lines of netstat
 * that show them. There is none for resets sent.
 */
export const DARWIN = {
  /** tcps_listendrop: a SYN that came to a full queue. */
  listenDrop: 'darwin tcp listen queue overflows',
  /** tcps_badsyn: a segment with ACK that hit a listener; answered with RST. */
  badSyn: 'darwin tcp bad connection attempts',
  /** tcps_drops: connections dropped; victims are among them. */
  drops: 'darwin tcp drops',
  /** tcps_closed. */
  closed: 'darwin tcp connections closed',
  /** tcps_accepts. */
  accepts: 'darwin tcp connection accepts',
  /** tcps_conndrops. */
  embryonic: 'darwin tcp embryonic connections dropped',
  /** tcps_rcvafterclose. */
  afterClose: 'darwin tcp packets received after close',
  /** ifi_tcp_listbadsyn of lo0. */
  listBadSyn: 'darwin lo0 tcp incoming packets with SYN with ACK or RST flags',
  /** tcps_sc_sendcookie, tcps_sc_recvcookie: kernels without cookies never count them. */
  cookiesSent: 'darwin tcp SYN cookies sent',
  cookiesReceived: 'darwin tcp SYN cookies received',
} as const;
