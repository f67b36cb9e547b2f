import Foundation
import PoDCore
import PoDRendezvous
import PoDTestKit
import Testing

struct ServerInfoTests {
    private func info(_ address: String = "master.cern.ch:21001") throws -> ServerInfo {
        ServerInfo(
            masterJobID: try MasterJobID(parsing: "42"), address: try Address(parsing: address),
            sessionProtocol: .alienPoD1, wanted: 3, share: 1, reportedAt: 1_700_000_000_000, farm: "CERN")
    }

    @Test("PoD's file has its three keys and an empty line, nothing else")
    func configuration() throws {
        let text = try self.info().configuration(user: "alitrain")
        #expect(text == "[server]\nhost=master.cern.ch\nuser=alitrain\nport=21001\n\n")
    }

    @Test("an IPv6 address stands in PoD's file without brackets")
    func ipv6() throws {
        #expect(try self.info("[2001:db8::1]:21001").configuration(user: "u").contains("host=2001:db8::1\n"))
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        try TemporaryDirectory.with { directory in
            let info = try self.info()
            try info.write(to: PrivateDirectory(path: directory.path), user: "u")
            let path = directory.appendingPathComponent(ServerInfo.documentFileName).path
            #expect(try ServerInfo(readingFile: path) == info)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 2)
        }
    }

    @Test("a directory that others can write to is refused, and what was there stays")
    func otherPeoplesDirectory() throws {
        try TemporaryDirectory.with { directory in
            let info = try self.info()
            try info.write(to: PrivateDirectory(path: directory.path), user: "before")
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
            #expect {
                try PrivateDirectory(path: directory.path)
            } throws: { error in
                (error as? RendezvousError)?.status == .noPermission
            }
            let file = directory.appendingPathComponent(ServerInfo.configurationFileName)
            #expect(try String(contentsOf: file, encoding: .utf8).contains("user=before"))
        }
    }

    @Test(arguments: ["a b", "a\nb", "", "a;b", "ü", String(repeating: "a", count: 65)])
    func wrongLoginName(name: String) {
        #expect(throws: ValueError.self) { try LoginName(parsing: name) }
    }

    @Test(arguments: [
        ("", "JSON"), ("{}", "expected masterJobId"), ("[]", "expected masterJobId"),
        (#"{"masterJobId":"x","address":"h:1","protocol":"alien-pod/1"}"#, "MasterJobId"),
        (#"{"masterJobId":"1","address":"h:0","protocol":"alien-pod/1"}"#, "Address"),
        (#"{"masterJobId":"1","address":"h:1","protocol":"x"}"#, "Protocol"),
    ])
    func wrongDocument(text: String, problem: String) throws {
        try TemporaryDirectory.with { directory in
            let file = directory.appendingPathComponent("info.json")
            try Data(text.utf8).write(to: file)
            #expect {
                try ServerInfo(readingFile: file.path)
            } throws: { error in
                let error = error as? RendezvousError
                return error?.status == .data && error?.description.contains(problem) == true
                    && error?.description.hasPrefix(file.path) == true
            }
        }
    }
}
