import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct SessionAuthorityTests {
    private static let now = Date(timeIntervalSince1970: 1_795_600_000)

    @Test("a worker's request becomes a certificate that OpenSSL takes, as strictly as it can")
    func issued() async throws {
        try await TemporaryDirectory.with { directory in
            let authority = try SessionAuthority(now: Date(), lifetime: .seconds(3600))
            let request = try PeerRequest()
            let certificate = try authority.certificate(for: request.text, named: "lease-5.3")
            let credentials = try request.credentials(certificate: certificate, authority: authority.certificate)
            try DaemonFile.replace(credentials.files, in: directory.path)
            let verified = try await Self.openssl(
                ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", "certificate.pem"], directory)
            #expect(verified == ["certificate.pem: OK"])
            let subject = try await Self.openssl(["x509", "-noout", "-subject", "-in", "certificate.pem"], directory)
            #expect(subject == ["subject=CN = lease-5.3"])
            let key = try await Self.openssl(["pkey", "-in", "key.pem", "-pubout"], directory)
            #expect(try await Self.openssl(["x509", "-noout", "-pubkey", "-in", "certificate.pem"], directory) == key)
        }
    }

    @Test("an authority is kept and read back")
    func kept() throws {
        let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        let texts = authority.files.map(\.text)
        #expect(authority.files.map(\.name) == [SessionAuthority.keyName, SessionAuthority.certificateName])
        let again = try SessionAuthority(key: texts[0], certificate: texts[1])
        #expect(again.certificate == authority.certificate)
        let request = try PeerRequest()
        let certificate = try again.certificate(for: request.text, named: "head")
        _ = try request.credentials(certificate: certificate, authority: authority.certificate)
        let other = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        #expect(throws: RecipeError.self) { try SessionAuthority(key: texts[0], certificate: other.certificate) }
    }

    @Test("another's certificate, another session's and no certificate are refused")
    func refused() throws {
        let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        let other = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        let request = try PeerRequest()
        let certificate = try authority.certificate(for: request.text, named: "a")
        let others = try other.certificate(for: request.text, named: "a")
        let foreign = try authority.credentials(named: "b").certificate
        for (given, by) in [
            (others, authority.certificate), (certificate, other.certificate), (foreign, authority.certificate),
            ("", authority.certificate), (certificate, ""),
            (certificate + String(repeating: "x", count: 10000), authority.certificate),
            (request.text, authority.certificate),
        ] {
            let error = #expect(throws: RecipeError.self) { try request.credentials(certificate: given, authority: by) }
            #expect(error?.status == .data)
        }
    }

    @Test("what follows a certificate in the message gets into no file")
    func appended() throws {
        let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        let request = try PeerRequest()
        let certificate = try authority.certificate(for: request.text, named: "a")
        if let credentials = try? request.credentials(
            certificate: certificate + "extra $(id)\n", authority: authority.certificate + certificate)
        {
            #expect(credentials.certificate == certificate)
            #expect(credentials.authority == authority.certificate)
        }
    }

    @Test("what is no request is not signed")
    func noRequest() throws {
        let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        let long = try PeerRequest().text + String(repeating: "\n", count: 9000)
        for request in HostileText.all + [authority.certificate, long] {
            let error = #expect(throws: RecipeError.self) { try authority.certificate(for: request, named: "a") }
            #expect(error?.status == .data)
        }
    }

    @Test("nor is a request with any bit changed, or cut short: its key's owner didn't sign that")
    func changed() throws {
        let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        let lines = try PeerRequest().text.split(separator: "\n")
        let bytes = try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined()))
        let request = { (bytes: Data) in
            let body = bytes.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            return "\(lines[0])\n\(body)\n\(lines[lines.count - 1])\n"
        }
        _ = try authority.certificate(for: request(bytes), named: "a")
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 1 << (index % 8)
            #expect(throws: RecipeError.self) { try authority.certificate(for: request(flipped), named: "a") }
            #expect(throws: RecipeError.self) {
                try authority.certificate(for: request(bytes.prefix(index)), named: "a")
            }
        }
    }

    @Test("no lifetime is too long or too short", arguments: [Duration.zero, .seconds(-5), .seconds(Int64.max)])
    func lifetime(lifetime: Duration) throws {
        _ = try SessionAuthority(now: Self.now, lifetime: lifetime).credentials(named: "a")
    }

    @Test(
        "a request with another kind of key is not signed",
        arguments: [["-newkey", "rsa:2048"], ["-newkey", "ed25519"]])
    func keys(arguments: [String]) async throws {
        try await TemporaryDirectory.with { directory in
            let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
            let lines = try await Self.openssl(
                ["req", "-new", "-nodes", "-subj", "/CN=x", "-keyout", "/dev/null"] + arguments, directory)
            let request = lines.joined(separator: "\n")
            #expect(request.contains("BEGIN CERTIFICATE REQUEST"))
            #expect(throws: RecipeError.self) { try authority.certificate(for: request, named: "a") }
        }
    }

    @Test(
        "names are plain", arguments: HostileText.all.filter { $0 != "--option" } + [String(repeating: "n", count: 65)])
    func names(name: String) throws {
        let authority = try SessionAuthority(now: Self.now, lifetime: .seconds(3600))
        #expect(throws: RecipeError.self) { try authority.credentials(named: name) }
    }

    @Test("an error never shows a key")
    func secret() throws {
        let key = try SessionAuthority(now: Self.now, lifetime: .seconds(1)).files[0].text
        let error = #expect(throws: RecipeError.self) {
            try SessionAuthority(key: "x" + key.dropLast(40), certificate: "")
        }
        #expect(error?.description == "session-ca-key.pem: expected a private key on P-256 in PEM")
    }

    private static func openssl(_ arguments: [String], _ directory: URL) async throws -> [String] {
        try await ChildProcess.run("openssl", arguments: arguments, directory: directory.path) { child in
            var lines: [String] = []
            while let line = try await child.nextLine() {
                lines.append(line)
            }
            let ending = try await child.ending()
            #expect(ending == .exited(code: 0), "\(child.errorText)")
            return lines
        }
    }
}
