import AliEnSite
import Foundation
import PoDCore
import PoDTestKit
import Testing

/// The backend `alien` with `Fixtures/alien`, which prints what AliEn's sources print.
@Suite(.timeLimit(.minutes(5)))
struct AliEnBackendTests {
    private struct Play {
        let backend: GridBackend
        let session: GridSession
        let directory: URL

        var log: [String] {
            let text = try? String(contentsOf: self.directory.appendingPathComponent("log"), encoding: .utf8)
            return (text ?? "").split(separator: "\n").map(String.init)
        }

        /// Of the catalogue.
        var entries: [String] {
            get throws {
                let path = self.directory.appendingPathComponent("entries").path
                guard FileManager.default.fileExists(atPath: path) else { return [] }
                return try FileManager.default.contentsOfDirectory(atPath: path)
            }
        }

        func set(_ switched: String) throws {
            try Data().write(to: self.directory.appendingPathComponent(switched))
        }
    }

    private func play(_ body: (Play) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let player = try FixtureDirectory(in: .module).url.appendingPathComponent("alien").path
            let program = directory.appendingPathComponent("program").path
            let script = "#!/bin/sh\nALIEN_PLAY='\(directory.path)' exec perl '\(player)' \"$@\"\n"
            try ProgramFile.write(script, to: program)
            try await body(
                Play(
                    backend: .alien(templates: GridSession.templates, program: program),
                    session: try GridSession(in: directory.appendingPathComponent("session")), directory: directory))
        }
    }

    @Test("a job is uploaded, submitted, listed and ended")
    func life() async throws {
        try await self.play { play in
            let master = try await play.backend.submit(play.session.request(.master))
            #expect(master == ["1000"])
            let log = play.log
            let submit = try #require(log.firstIndex { $0.hasPrefix("submit ") })
            let key = try #require(log.firstIndex { $0.hasPrefix("chmod 600 ") && $0.hasSuffix("session-key.pem") })
            #expect(key < submit)
            #expect(log[submit].hasPrefix("submit /alice/cern.ch/user/a/alice/alien-pod/my_new.session_"))
            #expect(log[submit].hasSuffix("/master.jdl"))
            let description = play.session.directory.appendingPathComponent("jobs/master.jdl")
            #expect(try !String(contentsOf: description, encoding: .utf8).contains(GridSession.key))

            let workers = try await play.backend.submit(play.session.request(numbers: 1...2))
            #expect(workers == ["1100"])
            #expect(
                try await play.backend.states(of: ["1000", "1100", "9"]) == [
                    "1000": .waiting(reason: nil), "1100": .waiting(reason: nil), "9": .ended(reason: nil),
                ])
            try Data("RUNNING 1100".utf8).write(to: play.directory.appendingPathComponent("jobs/1102"))
            try Data("ERROR_E 0".utf8).write(to: play.directory.appendingPathComponent("jobs/1000"))
            #expect(
                try await play.backend.states(of: ["1000", "1100"]) == [
                    "1000": .ended(reason: "ERROR_E"), "1100": .running,
                ])
            try await play.backend.cancel("1100")
            #expect(try await play.backend.states(of: ["1100"]) == ["1100": .ended(reason: nil)])
            // It has ended: no error.
            try await play.backend.cancel("1100")
            try await play.backend.kill("1100")

            try await play.backend.clear(play.session.directory.path)
            #expect(try play.entries.allSatisfy { !$0.contains("session-key") })
        }
    }

    @Test(
        "what goes wrong is told, and leaves nothing in the catalogue",
        arguments: [
            ("no-proxy", [], .noPermission, "alien proxy-init"),
            ("no-storage", [], .unavailable, "did not reach the catalogue"),
            ("no-chmod", [], .noPermission, "expected mode 600, found 755"),
            ("", ["Refuse = \"quota\";"], .unavailable, "insert the job: quota"),
        ] as [(String, [String], PoDCore.ExitStatus, String)])
    func refused(fault: String, directives: [String], status: PoDCore.ExitStatus, words: String) async throws {
        try await self.play { play in
            if !fault.isEmpty { try play.set(fault) }
            let error = await #expect(throws: SiteError.self) {
                try await play.backend.submit(play.session.request(directives: directives))
            }
            #expect(error?.status == status)
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
            #expect((error?.description.contains("\n") ?? false) == false)
            #expect(try play.entries == [])
        }
    }

    @Test("without alien there is a clear word")
    func noProgram() async throws {
        try await TemporaryDirectory.with { directory in
            let backend = GridBackend.alien(templates: GridSession.templates, program: "alien-that-is-not-here")
            let error = await #expect(throws: SiteError.self) {
                try await backend.submit(GridSession(in: directory).request())
            }
            #expect(error?.description.contains("expected the commands of AliEn") == true)
        }
    }
}
