import Foundation
import PoDCore
import PoDRendezvous
import PoDTestKit
import Testing

struct MasterStatusFileTests {
    private func status(sequence: UInt64 = 3) throws -> MasterStatus {
        let advertisement = try Advertisement(
            masterJobID: MasterJobID(parsing: "42"), address: Address(parsing: "h:1"), wanted: 2, share: 0.25)
        return MasterStatus(
            masterJobID: advertisement.masterJobID, order: AdvertisementOrder(epoch: .max, sequence: sequence),
            parameters: advertisement.parameters(secondsSince1970: 1.5), phase: .running,
            workers: MasterStatus.Workers(wanted: 4, leased: 2, registered: 1),
            details: [MasterStatus.Detail(name: "scheduler", value: "tcp://127.0.0.1:1\n\"")])
    }

    private func gone(_ path: String) throws -> String? {
        guard case .masterGone(let reason) = try MasterStatusFile.read(path) else { return nil }
        return reason
    }

    @Test("a reader sees what the master wrote, as long as the master holds it")
    func writtenIsRead() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("status.json").path
            let file = try MasterStatusFile(path: path)
            for sequence in 1...3 as ClosedRange<UInt64> {
                let status = try self.status(sequence: sequence)
                try file.write(status)
                guard case .status(let read) = try MasterStatusFile.read(path) else {
                    Issue.record("the master is there")
                    continue
                }
                #expect(read == status)
            }
            file.remove()
            #expect(try self.gone(path)?.contains("is not there") == true)
        }
    }

    @Test("a file that nobody holds is a dead master's")
    func unlocked() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("status.json").path
            try MasterStatusFile(path: path).write(self.status())
            #expect(try self.gone(path)?.contains("lock") == true)
        }
    }

    @Test("a file that was not written for long is a stuck master's")
    func old() throws {
        try TemporaryDirectory.with { directory in
            let path = directory.appendingPathComponent("status.json").path
            let file = try MasterStatusFile(path: path)
            try file.write(self.status())
            try FileManager.default.setAttributes(
                [.modificationDate: Date().addingTimeInterval(-40)], ofItemAtPath: path)
            #expect(try self.gone(path)?.contains("has not been written") == true)
            withExtendedLifetime(file) {}
        }
    }

    @Test(arguments: ["/no/such/directory/status.json", "/", ""])
    func wrongPath(path: String) {
        #expect(throws: RendezvousError.self) { try MasterStatusFile(path: path) }
    }
}
