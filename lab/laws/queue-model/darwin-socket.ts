/** An error that a call gives. */
export type SocketError = 'ECONNRESET' | 'EPIPE';

/**
 * What a program's calls say on macOS of a connection that was ended, in whatever order it makes them. read(2) gives the error first, once,
 * and then the end of file (XNU bsd/kern/uipc_socket.c soreceive); write(2) looks first whether anything may be sent at
 * all, and leaves the error to the next read (sosendcheck); who waits for connect(2) gets the error (bsd/kern/uipc_syscalls.c connectit).
 */
export class DarwinSocket {
  #error: SocketError | undefined;
  /** SS_CANTRCVMORE, SS_CANTSENDMORE. */
  #ended = false;
  #mute = false;

  /** so_error, as getsockopt would say it. */
  get error(): SocketError | undefined {
    return this.#error;
  }

  /** FIN came: nothing more will be read. */
  fin(): void {
    this.#ended = true;
  }

  /** RST came: tcp_drop. */
  reset(): void {
    if (this.#mute) return;
    this.#error = 'ECONNRESET';
    this.#ended = true;
    this.#mute = true;
  }

  /** connect(2), or SO_ERROR once the socket can be written to; undefined: it is connected. */
  connect(): SocketError | undefined {
    return this.#take();
  }

  /** Undefined: nothing is there yet. */
  read(): SocketError | 'end of file' | undefined {
    return this.#take() ?? (this.#ended ? 'end of file' : undefined);
  }

  /** Undefined: it was sent. */
  write(): SocketError | undefined {
    return this.#mute ? 'EPIPE' : undefined;
  }

  #take(): SocketError | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }
}
