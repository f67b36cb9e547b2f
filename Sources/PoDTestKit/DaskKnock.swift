/// Knocking at a server of Dask's, as Python.
public enum DaskKnock {
    /// Defines `answer(address, kind)`: what `HOST:PORT`, with or without `tls://`, does with who comes without TLS
    /// (`plain`), with TLS and no certificate (`none`), or with the certificate and key in a directory (its path).
    ///
    /// It is `answered`, `refused`, or `silent` for neither in time.
    public static let definition = """
        import socket, ssl

        def answer(address, kind):
            try:
                host, port = address.removeprefix("tls://").rsplit(":", 1)
                with socket.create_connection((host, int(port)), 20) as connection:
                    if kind == "plain":
                        connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                        received = connection.recv(64)
                        # A TLS alert is a refusal.
                        return "answered" if received and received[0] != 0x15 else "refused"
                    context = ssl.create_default_context()
                    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                    if kind != "none":
                        context.load_cert_chain(f"{kind}/certificate.pem", f"{kind}/key.pem")
                    with context.wrap_socket(connection) as secured:
                        # Dask's servers speak first.
                        return "answered" if secured.recv(1) else "refused"
            except TimeoutError:
                return "silent"
            except OSError:
                return "refused"
        """
}
