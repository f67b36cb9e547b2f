import Foundation
import PoDTestKit
import PoDTickets
import Testing

@Suite struct SigningKeyFileTests {
    @Test func keepsAKeyForItsOwnerAlone() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("key.pem").path
            let key = TicketWorld.key(9)
            try SigningKeyFile.create(path, key)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(try SigningKeyFile.read(path).publicKey == key.publicKey)

            let error = #expect(throws: TicketError.self) { try SigningKeyFile.create(path, TicketWorld.key(8)) }
            #expect(error?.code == .keyFileNotWritable)
            #expect(try SigningKeyFile.read(path).publicKey == key.publicKey)
        }
    }

    /// The seed of RFC 8032's first test, as OpenSSL 3 writes it.
    private static let openSSL = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----

        """

    @Test(arguments: [Self.openSSL, Self.openSSL.replacing("\n", by: "\r\n"), String(Self.openSSL.dropLast())])
    func readsWhatOpenSSLWrites(_ text: String) throws {
        try Self.withFile(text) { path in
            let key = try SigningKeyFile.read(path)
            #expect(key.publicKey.thumbprint.description == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        }
    }

    @Test func writesWhatOpenSSLWrites() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("key.pem").path
            let seed = TicketWorld.bytes(hex: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            try SigningKeyFile.create(path, SigningKey(seed: seed))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == Self.openSSL)
        }
    }

    @Test(arguments: [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o660, 0o666, 0o777])
    func refusesAKeyThatOthersHaveARightTo(_ mode: Int) throws {
        try Self.withFile(Self.openSSL, mode: mode) { path in
            let error = #expect(throws: TicketError.self) { try SigningKeyFile.read(path) }
            #expect(error?.code == .keyFileNotPrivate)
            #expect(error?.description.hasSuffix("expected mode 0600, found 0\(String(mode, radix: 8))") == true)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func refusesAKeyOfSomebodyElse() throws {
        try Self.withFile(Self.openSSL) { path in
            #expect(chown(path, 12345, 12345) == 0)
            let error = #expect(throws: TicketError.self) { try SigningKeyFile.read(path) }
            #expect(error?.code == .keyFileNotPrivate)
        }
    }

    @Test(arguments: [
        "", "\n", "\0", "key", Self.openSSL + "x", "x" + Self.openSSL, Self.openSSL + Self.openSSL,
        Self.openSSL.replacing("PRIVATE", by: "PUBLIC"), Self.openSSL.replacing("MC4C", by: "MC5C"),
        Self.openSSL.replacing("n9g", by: "n9"), Self.openSSL.replacing("n9g", by: "n9g="),
        Self.openSSL.replacing("n9g", by: "n9gAAAA"), Self.openSSL.replacing("IEIJ", by: "IEHJ"),
        Self.openSSL.replacing("K2Vw", by: "K2Vx"), String(repeating: "A", count: 1 << 20),
    ])
    func refusesWhatIsNoKey(_ text: String) throws {
        try Self.withFile(text) { path in
            let error = #expect(throws: TicketError.self) { try SigningKeyFile.read(path) }
            #expect(error?.code == .malformed)
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test func refusesWhatIsNoFile() throws {
        try TemporaryDirectory.with { directory in
            let pipe = directory.appendingPathComponent("pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [directory.path, directory.path + "/missing", pipe] {
                let error = #expect(throws: TicketError.self) { try SigningKeyFile.read(path) }
                #expect(error?.code == .keyFileNotReadable)
            }
            for path in ["", "a\0b"] {
                #expect(throws: TicketError.self) { try SigningKeyFile.read(path) }
                #expect(throws: TicketError.self) { try SigningKeyFile.create(path, TicketWorld.key(1)) }
            }
            let error = #expect(throws: TicketError.self) {
                try SigningKeyFile.create(directory.path + "/missing/key", TicketWorld.key(1))
            }
            #expect(error?.code == .keyFileNotWritable)
        }
    }

    private static func withFile(_ text: String, mode: Int = 0o600, _ body: (String) throws -> Void) throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("key.pem").path
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(chmod(path, mode_t(mode)) == 0)
            try body(path)
        }
    }
}
