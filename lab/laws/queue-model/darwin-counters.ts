/**
 * What macOS counts (struct tcpstat, struct ifnet's TCP counters), under the names that lab/evidence/darwin gives to the lines of netstat
 * that show them. There is none for resets sent.
 */
export const DARWIN = {
  /** tcps_listendrop: a SYN that came to a full queue. */
  listenDrop: 'darwin tcp listen queue overflows',
  /** tcps_badsyn: a segment with ACK that hit a listener; answered with RST. */
  badSyn: 'darwin tcp bad connection attempts',
  /** tcps_drops: connections dropped: victims, and each end that an RST or a timer ended. */
  drops: 'darwin tcp drops',
  /** tcps_closed: every end that is gone, however it went. */
  closed: 'darwin tcp connections closed',
  /** tcps_accepts: at the SYN, when the listener makes an entry for it. */
  accepts: 'darwin tcp connection accepts',
  /** tcps_connects: each end as it becomes connected, so two for a connection over loopback. */
  connects: 'darwin tcp connections established',
  /** tcps_conndrops: ends that were dropped before they were connected: connect(2) that the kernel gave up. */
  embryonic: 'darwin tcp embryonic connections dropped',
  /** tcps_keepdrops: ends that a keep-alive timer ended; keepinit is one. */
  keepDrops: 'darwin tcp connections dropped by keepalive',
  /** tcps_rcvafterclose: data for a connection that was closed with FIN; the first ends it. */
  afterClose: 'darwin tcp packets received after close',
  /** ifi_tcp_listbadsyn of lo0. */
  listBadSyn: 'darwin lo0 tcp incoming packets with SYN with ACK or RST flags',
  /** tcps_sc_sendcookie, tcps_sc_recvcookie: kernels without cookies never count them. */
  cookiesSent: 'darwin tcp SYN cookies sent',
  cookiesReceived: 'darwin tcp SYN cookies received',
} as const;
