import AliEnSite
import Foundation
import PoDCore
import PoDTestKit
import Testing

@Suite struct GridBackendTests {
    private static let backends = [
        GridBackend.alien(templates: GridSession.templates), .jalien(templates: GridSession.templates),
    ]

    @Test("a job's description says where it runs, how long, and what it needs", arguments: Self.backends)
    func document(backend: GridBackend) throws {
        try TemporaryDirectory.with { directory in
            let session = try GridSession(in: directory)
            let request = session.request(.master, directives: ["Price = 3;"]) {
                $0.queue = "ALICE::Site::PODCE"
                $0.time = 43200
                $0.memory = 4000
            }
            let jdl = try JDL(parsing: try backend.document(of: request))
            let place = "/HOME/alien-pod/my_new.session"
            #expect(jdl["Executable"] == .text("\(place)/master.sh"))
            #expect(jdl["InputFile"] == .list(["LF:\(place)/session-key.pem", "LF:\(place)/run.sh"]))
            #expect(jdl["Requirements"] == .expression("other.CE == \"ALICE::Site::PODCE\""))
            #expect(jdl["TTL"] == .number(43200))
            #expect(jdl["Memorysize"] == .text("4000MB"))
            #expect(jdl["Price"] == .number(3))
            #expect(jdl["Split"] == nil)
            #expect(jdl["Output"] == .list(["stdout@disk=1", "stderr@disk=1"]))
            let workers = try JDL(parsing: try backend.document(of: session.request(numbers: 3...9)))
            #expect(workers["Executable"] == .text("\(place)/worker-3-to-9.sh"))
            #expect(workers["Split"] == .text("production:1-7"))
            #expect(workers["Requirements"] == nil && workers["TTL"] == nil)
        }
    }

    @Test("what the grid can't do is refused, and named", arguments: Self.backends)
    func refuses(backend: GridBackend) throws {
        try TemporaryDirectory.with { directory in
            let session = try GridSession(in: directory)
            let cases: [(String, (inout JobResources) -> Void)] = [
                ("--account", { $0.account = "alice" }), ("86400", { $0.time = 86401 }),
                ("VO::Site::Name", { $0.queue = "PODCE" }), ("Arguments", { $0.directives = ["Arguments = \"x\";"] }),
                (
                    "Requirements",
                    {
                        $0.queue = "A::B::C"
                        $0.directives = ["Requirements = other.TTL > 1;"]
                    }
                ),
                ("--directive", { $0.directives = [""] }), ("JDL line 1", { $0.directives = ["Price 2"] }),
                ("--time", { $0.time = 1 }),
            ]
            for (word, change) in cases {
                let error = #expect(throws: SiteError.self) {
                    try backend.document(of: session.request(.worker, numbers: 1...1, directives: [], change))
                }
                #expect(error?.description.contains(word) == true, "\(word): \(String(describing: error))")
            }
            let connection = JobRequest(
                kind: .connection, session: "x", directory: directory.path, program: [], arguments: [])
            #expect(throws: SiteError.self) { try backend.document(of: connection) }
            let blank = JobRequest(
                kind: .worker, session: "x", directory: "/tmp/a b", program: [], arguments: [], inputs: ["x"])
            #expect(throws: SiteError.self) { try backend.document(of: blank) }
        }
    }

    @Test("JAliEn gives cores, AliEn has never heard of them")
    func cores() throws {
        try TemporaryDirectory.with { directory in
            let request = try GridSession(in: directory).request { $0.cores = 4 }
            #expect(throws: SiteError.self) { try Self.backends[0].document(of: request) }
            #expect(try JDL(parsing: Self.backends[1].document(of: request))["CPUCores"] == .number(4))
        }
    }

    @Test("a template that is missing or can't be read is named")
    func template() throws {
        try TemporaryDirectory.with { directory in
            let request = try GridSession(in: directory).request()
            let backend = GridBackend.jalien(templates: directory.path)
            let missing = #expect(throws: SiteError.self) { try backend.document(of: request) }
            #expect(missing?.status == .noInput && missing?.description.contains("worker.jdl") == true)
            try Data("Output = {\n".utf8).write(to: directory.appendingPathComponent("worker.jdl"))
            let broken = #expect(throws: SiteError.self) { try backend.document(of: request) }
            #expect(broken?.status == .data && broken?.description.contains("worker.jdl") == true)
        }
    }
}

extension GridBackend: CustomTestStringConvertible {
    public var testDescription: String { self.name }
}
