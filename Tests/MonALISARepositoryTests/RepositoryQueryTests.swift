import MonALISARepository
import PoDCore
import Testing

@Suite struct RepositoryQueryTests {
    private let base = try! RepositoryURL(parsing: "http://alimonitor.cern.ch")

    @Test("asks for masters as the design says")
    func masters() {
        #expect(
            RepositoryQuery.masterAddresses.url(at: self.base)
                == "http://alimonitor.cern.ch/rest/*/PoD_Masters/*/-60000/-1/Address")
        #expect(
            RepositoryQuery.masters.url(at: self.base)
                == "http://alimonitor.cern.ch/rest/*/PoD_Masters/*/-60000/-1/Address%7CWanted%7CShare%7CProtocol%7CSequence%7CKey%7CTicket%7CProof"
        )
    }

    struct Question: Sendable, CustomTestStringConvertible {
        var farm = "*"
        var cluster = "C"
        var node = "*"
        var window: RepositoryQuery.Window?
        var parameters = ["P"]
        var condition = ""
        let path: String

        func query() throws(ValueError) -> RepositoryQuery {
            try RepositoryQuery(
                farm: self.farm, cluster: self.cluster, node: self.node, window: self.window,
                parameters: self.parameters, condition: self.condition)
        }

        var testDescription: String { self.path }
    }

    /// The paths are those of captured requests where the service was asked this.
    @Test(arguments: [
        Question(farm: "A", node: "n1", parameters: ["load1"], path: "/rest/A/C/n1/load1"),
        Question(farm: "Fa rm", cluster: "*", parameters: ["*"], path: "/rest/Fa%20rm/*/*/*"),
        Question(farm: "Fa+rm", cluster: "*", parameters: ["*"], path: "/rest/Fa+rm/*/*/*"),
        Question(cluster: "*", parameters: ["load%"], path: "/rest/*/*/*/load%25"),
        Question(
            cluster: "*", window: .init(oldest: -60000, youngest: -1), parameters: ["load1", "mem"],
            path: "/rest/*/*/*/-60000/-1/load1%7Cmem"),
        Question(
            cluster: "*", window: .init(oldest: -60000, youngest: -1), parameters: ["load1"], condition: "2:6",
            path: "/rest/*/*/*/-60000/-1/load1/2:6"),
        Question(cluster: "*", parameters: ["load*"], condition: "3", path: "/rest/*/*/*/load*/3"),
        // Without a window, two numbers would be one.
        Question(cluster: "*", parameters: ["5"], condition: "-7", path: "/rest/*/*/*/0/0/5/-7"),
        Question(cluster: "*", parameters: ["5", "6"], condition: "-7", path: "/rest/*/*/*/5%7C6/-7"),
        Question(cluster: "*", parameters: ["5"], path: "/rest/*/*/*/5"),
        Question(parameters: ["P"], condition: "!a;b,1:", path: "/rest/*/C/*/P/!a%3Bb,1:"),
        Question(
            farm: "Fé", cluster: "日", node: "\"<>#?[]\\^`{}",
            path: "/rest/F%C3%A9/%E6%97%A5/%22%3C%3E%23%3F%5B%5D%5C%5E%60%7B%7D/P"),
        Question(farm: "a|b", cluster: "~!$&'()*+,=:@-._", path: "/rest/a%7Cb/~!$&'()*+,=:@-._/*/P"),
        Question(farm: "%2F", path: "/rest/%252F/C/*/P"), Question(farm: "...", path: "/rest/.../C/*/P"),
        Question(window: .init(oldest: .min, youngest: .max), path: "/rest/*/C/*/\(Int64.min)/\(Int64.max)/P"),
    ])
    func paths(_ question: Question) throws {
        #expect(try question.query().url(at: self.base) == "http://alimonitor.cern.ch\(question.path)")
    }

    @Test(arguments: [
        (Question(farm: "", path: ""), "farm"), (Question(cluster: "a/b", path: ""), "cluster"),
        (Question(node: "..", path: ""), "node"), (Question(node: ".", path: ""), "node"),
        (Question(node: "a\u{0}b", path: ""), "node"), (Question(node: "a\n", path: ""), "node"),
        (Question(node: "\u{7F}", path: ""), "node"), (Question(parameters: [], path: ""), "parameters"),
        (Question(parameters: ["a", ""], path: ""), "parameter"),
        (Question(parameters: ["a|b"], path: ""), "parameter"),
        (Question(condition: "a/b", path: ""), "condition"),
    ])
    func refusals(_ question: Question, _ name: String) {
        let error = #expect(throws: ValueError.self) { try question.query() }
        #expect(error?.name == name)
    }
}
