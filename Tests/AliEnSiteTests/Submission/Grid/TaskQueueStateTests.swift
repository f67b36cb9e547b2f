import AliEnSite
import PoDCore
import Testing

@Suite struct TaskQueueStateTests {
    @Test(
        "AliEn's states, as they are for us",
        arguments: [
            ("INSERTING", .waiting(reason: "INSERTING")), ("UPDATING", .waiting(reason: "UPDATING")),
            ("SPLITTING", .waiting(reason: "SPLITTING")), ("TO_STAGE", .waiting(reason: "TO_STAGE")),
            ("OVER_WAITING", .waiting(reason: "OVER_WAITING")), ("WAITING", .waiting(reason: nil)),
            ("ASSIGNED", .waiting(reason: "ASSIGNED")), ("QUEUED", .waiting(reason: "QUEUED")),
            ("STARTED", .running), ("RUNNING", .running), ("SAVING", .running), ("SAVED", .running),
            ("SAVED_WARN", .running), ("ZOMBIE", .running), ("SPLIT", .running), ("MERGING", .running),
            ("DONE", .ended(reason: "DONE")), ("DONE_WARN", .ended(reason: "DONE_WARN")),
            ("ERROR_A", .ended(reason: "ERROR_A")), ("ERROR_SPLT", .ended(reason: "ERROR_SPLT")),
            ("EXPIRED", .ended(reason: "EXPIRED")), ("FAILED", .ended(reason: "FAILED")),
            ("FAULTY", .ended(reason: "FAULTY")), ("INCORRECT", .ended(reason: "INCORRECT")),
            ("KILLED", .ended(reason: "KILLED")), ("NEWER", .waiting(reason: "NEWER")),
            ("NEW\u{1B}[2J\n", .waiting(reason: "NEW[2J")), ("ERROR_\u{85}X", .ended(reason: "ERROR_ X")),
        ] as [(String, JobState)])
    func state(name: String, state: JobState) {
        #expect(TaskQueueState.jobState(named: name) == state)
    }

    @Test(
        "what ps prints of them",
        arguments: [
            ("R", "RUNNING"), ("SV", "SAVING"), ("SAVED", "SAVED"), ("W", "WAITING"), ("OW", "OVER_WAITING"),
            ("A", "ASSIGNED"), ("Q", "QUEUED"), ("ST", "STARTED"), ("I", "INSERTING"), ("IS", "INSERTING"),
            ("WS", "SPLITTING"), ("RS", "SPLIT"), ("D", "DONE"), ("DS", "DONE"), ("D_WARN", "DONE_WARN"),
            ("EX", "EXPIRED"), ("K", "KILLED"), ("Z", "ZOMBIE"), ("FF", "FAILED"), ("EIB", "ERROR_IB"),
            ("ESV", "ERROR_SV"), ("EVN", "ERROR_VN"), ("ESPLT", "ERROR_SPLT"), ("ERROR_I", "ERROR_I"),
            ("FAULTY", "FAULTY"),
        ])
    func letters(letters: String, name: String) {
        #expect(TaskQueueState.name(ofLetters: letters) == name)
    }

    @Test("what JAliEn's ps says of jobs, if they have an id")
    func jalienQueue() throws {
        let text =
            #"[{"id":"1","status":"SPLIT","split":"0"},{"id":"2","status":"DONE","split":"1"},{"id":"3"},4,"#
            + #"{"id":"-rf /","status":"DONE"}]"#
        let results = try #require(try JSONValue(parsing: Array(text.utf8)).array)
        #expect(
            JAliEnAnswer.queue(in: results) == [
                GridQueueEntry(id: "1", state: "SPLIT"), GridQueueEntry(id: "2", state: "DONE", parent: "1"),
            ])
    }

    @Test("a job that was split is as its parts are")
    func split() {
        let states = { (parts: [String]) in
            let entries = parts.enumerated().map { GridQueueEntry(id: "1\($0.offset)", state: $0.element, parent: "1") }
            return GridQueueEntry.states(of: ["1", "2"], in: [GridQueueEntry(id: "1", state: "SPLIT")] + entries)
        }
        #expect(states([]) == ["1": .waiting(reason: "SPLIT"), "2": .ended(reason: nil)])
        #expect(states(["DONE", "WAITING", "RUNNING"])["1"] == .running)
        #expect(states(["DONE", "ASSIGNED"])["1"] == .waiting(reason: "ASSIGNED"))
        #expect(states(["ERROR_E", "DONE"])["1"] == .ended(reason: "ERROR_E"))
    }
}
