import AliEnSite
import Foundation
import PoDCore
import PoDTestKit
import Testing

/// The backend `jalien` with the real alien.py and a real xrootd; `Fixtures/central-service.py` plays the rest.
@Suite(.enabled(if: CentralService.canRun, "alien.py is not installed"), .timeLimit(.minutes(10)))
struct JAliEnBackendTests {
    @Test("a job is uploaded for its owner's eyes, submitted, listed and ended")
    func life() async throws {
        try await CentralService.run { service in
            let session = try GridSession(in: service.directory.appendingPathComponent("session"))
            let backend = try service.backend()
            let master = try await backend.submit(session.request(.master))
            let commands = try service.commands
            #expect(commands.allSatisfy { !$0.options.joined().contains(GridSession.key) })
            let submit = try #require(commands.firstIndex { $0.command == "submit" })
            let chmod = try #require(commands.firstIndex { $0.command == "chmod" && $0.options[0] == "600" })
            #expect(chmod < submit)
            let path = commands[submit].options[0]
            #expect(path.hasPrefix("/alice/cern.ch/user/a/alice/alien-pod/my_new.session_"))
            #expect(path.hasSuffix("/master.jdl"))

            let key = path.replacing("master.jdl", with: "session-key.pem")
            #expect(try await service.run(["cat", key]).output == GridSession.key)
            let other = try await service.run(["cat", key], of: "bob")
            #expect(other.ending != .exited(code: 0) && !other.output.contains(GridSession.key))

            let workers = try await backend.submit(session.request(numbers: 1...2))
            #expect(master.count == 1 && workers.count == 1)
            let (head, split) = (master[0], workers[0])
            #expect(
                try await backend.states(of: [head, split, "9"]) == [
                    head: .waiting(reason: nil), split: .waiting(reason: nil), "9": .ended(reason: nil),
                ])
            let part = try #require(Int(split)) + 2
            _ = try await service.run(["play", String(part), "RUNNING"])
            _ = try await service.run(["play", head, "ERROR_IB"])
            #expect(
                try await backend.states(of: [head, split]) == [head: .ended(reason: "ERROR_IB"), split: .running])

            // Another's job.
            let error = await #expect(throws: SiteError.self) { try await service.backend(of: "bob").cancel(split) }
            #expect(error?.description.contains("You are not allowed to kill \(split)") == true)
            try await backend.cancel(split)
            #expect(try await backend.states(of: [split]) == [split: .ended(reason: "KILLED")])
            try await backend.cancel(split)
            try await backend.kill("9")

            try await backend.clear(session.directory.path)
            #expect(try await service.run(["stat", key]).ending != .exited(code: 0))
            try await backend.clear(session.directory.path)
        }
    }

    @Test("a job finds its files where they stand in the session's directory, and is told its number")
    func runs() async throws {
        try await CentralService.run { service in
            let session = try GridSession(in: service.directory.appendingPathComponent("session"))
            let backend = try service.backend()
            let jobs = try await backend.submit(
                session.request(numbers: 1...2, directives: ["Jobtag = {\"comment:run\"};"]))
            let split = try #require(jobs.first.flatMap { Int($0) })
            try await eventually("both parts have ended") {
                try await backend.states(of: jobs)[jobs[0]]?.hasEnded == true
            }
            #expect(try await backend.states(of: jobs) == [jobs[0]: .ended(reason: "DONE")])
            for job in [split + 1, split + 2] {
                let work = service.directory.appendingPathComponent("jobs/\(job)")
                let output = try String(contentsOf: work.appendingPathComponent("stdout"), encoding: .utf8)
                #expect(
                    output == """
                        arguments --directory \(work.path)/workers/\(job) last
                        mode 600
                        \(GridSession.key)
                        """)
            }
        }
    }

    @Test("what goes wrong is told, and leaves nothing in the catalogue")
    func refused() async throws {
        try await CentralService.run { service in
            let session = try GridSession(in: service.directory.appendingPathComponent("session"))
            let noToken = await #expect(throws: SiteError.self) {
                try await service.backend(of: "carol").submit(session.request())
            }
            #expect(noToken?.status == .noPermission)
            #expect(noToken?.description.contains("alien.py token-init") == true)

            let refused = await #expect(throws: SiteError.self) {
                try await service.backend().submit(session.request(directives: ["Refuse = \"quota exceeded\";"]))
            }
            #expect(refused?.status == .unavailable)
            #expect(refused?.description.contains("due to: quota exceeded") == true, "\(String(describing: refused))")
            let path = try #require(try service.commands.last { $0.command == "submit" }?.options[0])
            #expect(try await service.run(["stat", path]).ending != .exited(code: 0))
            let jobs = session.directory.appendingPathComponent("jobs").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: jobs) == ["worker-1.sh"])

            // A storage that takes nothing.
            let storage = service.directory.appendingPathComponent("storage").path
            try FileManager.default.moveItem(atPath: storage, toPath: "\(storage)-away")
            try Data().write(to: URL(fileURLWithPath: storage))
            let lost = await #expect(throws: SiteError.self) {
                try await service.backend().submit(session.request())
            }
            #expect(lost?.status == .unavailable)
            #expect(lost?.description.contains("alien.py") == true, "\(String(describing: lost))")
        }
    }
}

extension CentralService {
    fileprivate func backend(of user: String = "alice") throws -> GridBackend {
        .jalien(templates: GridSession.templates, program: try self.alienPy(of: user))
    }
}
