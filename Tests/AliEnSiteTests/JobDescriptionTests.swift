import AliEnSite
import Foundation
import PoDTestKit
import Testing

@Suite struct JobDescriptionTests {
    private func template(_ name: String) throws -> JDL {
        let alien = AliEnDirectory.schemaFile.deletingLastPathComponent().deletingLastPathComponent()
        return try JDL(parsing: String(contentsOf: alien.appendingPathComponent("jdl/\(name).jdl"), encoding: .utf8))
    }

    @Test func master() throws {
        var job = JobDescription(template: try self.template("master"))
        try job.setExecutable("/alice/cern.ch/user/a/b/pod/master.sh")
        try job.setComputingElement("ALICE::Site::PODCE")
        try job.setTTL(43200)
        try job.setInputFiles(["/alice/cern.ch/user/a/b/pod/session.key", "/alice/cern.ch/user/a/b/pod/session.ticket"])
        try job.setMemory(2000)
        try job.setCores(4)
        try job.add("Packages = {\"VO_ALICE@alien-pod::1.0\"}; Price = 2")
        let text = job.jdl.text
        #expect(text.contains("Executable = \"/alice/cern.ch/user/a/b/pod/master.sh\";\n"))
        #expect(text.contains("Requirements = other.CE == \"ALICE::Site::PODCE\";\n"))
        #expect(text.contains("TTL = 43200;\n"))
        #expect(text.contains("\"LF:/alice/cern.ch/user/a/b/pod/session.key\",\n"))
        #expect(text.contains("Memorysize = \"2000MB\";\nCPUCores = 4;\n"))
        #expect(text.contains("Price = 2;\n") && text.contains("Packages = {\"VO_ALICE@alien-pod::1.0\"};\n"))
        #expect(try JDL(parsing: text) == job.jdl)
    }

    @Test func workers() throws {
        var job = JobDescription(template: try self.template("worker"))
        try job.setCount(12)
        #expect(job.jdl["Split"] == .text("production:1-12"))
    }

    @Test("what AliEn would refuse is refused first, and changes nothing")
    func refuses() throws {
        var job = JobDescription(template: try self.template("master"))
        let before = job
        for ttl in [0, -1, 86401, Int64.max] {
            #expect(throws: SiteError.self) { try job.setTTL(ttl) }
        }
        for ce in ["PODCE", "A::B::C\" || other.CE == \"X", "A::B::C;"] {
            #expect(throws: SiteError.self) { try job.setComputingElement(ce) }
        }
        #expect(throws: SiteError.self) { try job.setExecutable("master.sh") }
        for line in ["TTL = 90000;", "arguments = \"x\";", "Split = \"x\"", "Price = ", "Price"] {
            #expect(throws: SiteError.self) { try job.add(line) }
        }
        #expect(throws: SiteError.self) { try job.setInputFiles(["session.key"]) }
        #expect(throws: SiteError.self) { try job.setInputFiles(["/a\"b"]) }
        #expect(throws: SiteError.self) { try job.setCount(0) }
        #expect(job == before)
    }
}
