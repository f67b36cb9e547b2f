import Foundation
import PoDTestKit
import Testing

/// Python programs that compute on a session's Dask, with the session's own credentials.
enum DaskExchange {
    /// Every worker makes 8 MB, and gets those of every other.
    private static let exchanging = """
        from dask.distributed import Client, Security, get_worker
        import hashlib, json, sys
        scheduler, directory, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
        security = Security(
            require_encryption=True, tls_ca_file=f"{directory}/ca.pem",
            tls_client_cert=f"{directory}/certificate.pem", tls_client_key=f"{directory}/key.pem")

        def make(seed):
            return hashlib.sha256(seed.encode()).digest() * (1 << 18)

        def digest(*parts):
            return hashlib.sha256(b"".join(parts)).hexdigest(), get_worker().address

        with Client(scheduler, security=security) as client:
            client.wait_for_workers(count, timeout=60)
            workers = sorted(client.scheduler_info(n_workers=-1)["workers"])
            parts = [client.submit(make, worker, workers=[worker], pure=False) for worker in workers]
            sums = [client.submit(digest, *parts, workers=[worker], pure=False) for worker in workers]
            right = hashlib.sha256(b"".join(make(worker) for worker in workers)).hexdigest()
            for worker, result in zip(workers, client.gather(sums)):
                print(worker, "right" if result == (right, worker) else f"wrong: {result}")
        """

    /// Runs a computation for which each worker needs data of each other.
    ///
    /// - Parameter prefix: A command that runs the rest, such as in another network.
    /// - Returns: The workers' addresses, each of which had the right result.
    static func run(_ status: SessionStatus, workers: Int, prefix: [String] = []) async throws -> [String] {
        let arguments = [
            try #require(status.detail("scheduler")), try #require(status.detail("credentials")), String(workers),
        ]
        let lines = try await self.python(self.exchanging, arguments, status, prefix)
        #expect(lines.count == workers)
        #expect(lines.filter { !$0.hasSuffix(" right") } == [])
        return lines.compactMap { $0.split(separator: " ").first.map { String($0) } }
    }

    /// Knocks at each address: without TLS, then with TLS and no certificate, with one of nobody's, with the session's.
    private static let knocking = """
        import subprocess, sys, tempfile
        directory, *addresses = sys.argv[1:]
        strange = tempfile.mkdtemp()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{strange}/key.pem", "-out", f"{strange}/certificate.pem", "-subj", "/CN=alien-pod session"],
            check=True, capture_output=True)

        \(DaskKnock.definition)

        for address in addresses:
            print(*(answer(address, kind) for kind in ("plain", "none", strange, directory)))
        """

    /// What each address answers without TLS, without a certificate, with a stranger's, and with the session's.
    static func answers(of addresses: [String], _ status: SessionStatus) async throws -> [String] {
        try await self.python(
            self.knocking, [try #require(status.detail("credentials"))] + addresses, status, [])
    }

    private static func python(
        _ program: String, _ arguments: [String], _ status: SessionStatus, _ prefix: [String]
    ) async throws -> [String] {
        let command = prefix + [try #require(status.detail("python")), "-c", program] + arguments
        return try await ChildProcess.run(command[0], arguments: Array(command.dropFirst())) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            #expect(try await child.ending() == .exited(code: 0), "\(child.errorText)")
            return lines
        }
    }
}
