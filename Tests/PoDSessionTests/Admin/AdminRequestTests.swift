import PoDCore
import PoDSession
import Testing

/// Requests and answers as lines.
struct AdminRequestTests {
    private static let leases = [LeaseID(epoch: 5, number: 1), LeaseID(epoch: 5, number: 22)]

    @Test(
        "a request is this line, and is read back from it",
        arguments: [
            (AdminRequest.status, #"{"request":"status"}"#),
            (.list, #"{"request":"workers-list"}"#),
            (.want(0), #"{"request":"workers-want","workers":0}"#),
            (.drain(.all), #"{"request":"workers-drain","leases":"all"}"#),
            (.drain(.leases(leases)), #"{"request":"workers-drain","leases":["5.1","5.22"]}"#),
            (.stop(.leases([leases[0]])), #"{"request":"workers-stop","leases":["5.1"]}"#),
            (.restart(.all), #"{"request":"workers-restart","leases":"all"}"#),
            (.logs(leases[1], lines: 20), #"{"request":"workers-logs","lease":"5.22","lines":20}"#),
        ])
    func request(request: AdminRequest, line: String) throws {
        #expect(request.document.text == line)
        #expect(try AdminRequest(parsing: Array(line.utf8)) == request)
    }

    @Test(
        "anything else is refused by the name of what is wrong",
        arguments: [
            ("", "request"), ("x", "request"), ("[]", "request"), ("{}", "request"),
            (#"{"request":"shutdown"}"#, "request"), (#"{"request":5}"#, "request"),
            (#"{"request":"workers-want"}"#, "workers"), (#"{"request":"workers-want","workers":-1}"#, "workers"),
            (#"{"request":"workers-want","workers":1e3}"#, "workers"),
            (#"{"request":"workers-want","workers":99999999999}"#, "workers"),
            (#"{"request":"workers-drain"}"#, "leases"), (#"{"request":"workers-drain","leases":[]}"#, "leases"),
            (#"{"request":"workers-drain","leases":"some"}"#, "leases"),
            (#"{"request":"workers-stop","leases":["5.1",7]}"#, "lease"),
            (#"{"request":"workers-logs","lease":"../etc","lines":5}"#, "lease"),
            (#"{"request":"workers-logs","lease":"5.1","lines":0}"#, "lines"),
            (#"{"request":"workers-logs","lease":"5.1","lines":1001}"#, "lines"),
        ])
    func refused(line: String, name: String) {
        let error = #expect(throws: ValueError.self) { try AdminRequest(parsing: Array(line.utf8)) }
        #expect(error?.name == name, "\(line)")
    }

    @Test(
        "an answer is this line, and is read back from it",
        arguments: [
            (AdminAnswer.wanted(3, leaving: leases), #"{"result":{"wanted":3,"leaving":["5.1","5.22"]}}"#),
            (.told([leases[0]], unknown: [leases[1]]), #"{"result":{"told":["5.1"],"unknown":["5.22"]}}"#),
            (.log(leases[0], lines: ["a", "b\"\n"]), #"{"result":{"lease":"5.1","lines":["a","b\"\n"]}}"#),
            (.workers([]), #"{"result":{"workers":[]}}"#),
            (
                .failed(.noInput, reason: "no worker 5.1"),
                #"{"error":{"code":66,"reason":"no worker 5.1"}}"#
            ),
        ])
    func answer(answer: AdminAnswer, line: String) throws {
        #expect(answer.document.text == line)
        #expect(try AdminAnswer(document: JSONValue(parsing: Array(line.utf8))) == answer)
    }

    @Test(arguments: ["{}", "[]", #"{"result":5}"#, #"{"error":{"code":69}}"#, #"{"error":"gone"}"#])
    func noAnswer(line: String) throws {
        let document = try JSONValue(parsing: Array(line.utf8))
        #expect(throws: ValueError.self) { try AdminAnswer(document: document) }
    }

    @Test func unknownCodeIsUnavailable() throws {
        let line = #"{"error":{"code":999999999999,"reason":"x"}}"#
        #expect(
            try AdminAnswer(document: JSONValue(parsing: Array(line.utf8))) == .failed(.unavailable, reason: "x"))
    }
}
