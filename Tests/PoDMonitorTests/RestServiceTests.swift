import Foundation
import PoDMonitor
import Testing

@Suite struct RestServiceTests {
    @Test("the captured cases are all there")
    func caseCount() {
        #expect(RestCase.all.count == 92)
        #expect(RestDeviation.all.allSatisfy { deviation in RestCase.all.contains { $0.id == deviation.id } })
    }

    @Test("answers as the real servlet does", arguments: RestCase.all)
    func answersAsServlet(_ restCase: RestCase) {
        let service = RestService(store: restCase.seededStore())
        let answer = service.answer(restCase.restRequest, now: restCase.nowMs)
        if let deviation = RestDeviation.of(restCase) {
            #expect(answer.status == deviation.status)
            #expect(String(decoding: answer.body, as: UTF8.self) == deviation.body)
            #expect(answer.status != restCase.response.status || answer.body != restCase.body, "no deviation any more")
            return
        }
        let expected = restCase.response
        #expect(answer.status == expected.status)
        guard expected.status < 400 else { return }
        #expect(answer.contentType == expected.header("Content-Type"))
        #expect(answer.contentRange == expected.header("Content-Range"))
        #expect(answer.allow == expected.header("Allow"))
        if let length = expected.header("Content-Length") {
            #expect(String(answer.contentLength) == length)
        }
        #expect(
            RestCase.masked(answer.body, restCase.volatile) == RestCase.masked(restCase.body, restCase.volatile))
    }

    @Test("the documentation lists every deviation")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        let text = try String(contentsOf: root.appendingPathComponent("docs/monitor-rest.md"), encoding: .utf8)
        for deviation in RestDeviation.all {
            #expect(text.contains("`\(deviation.id)`"))
            #expect(text.contains(deviation.reason))
        }
    }

    private func answer(_ target: String, method: String = "GET", limits: RestService.Limits = .init()) -> RestAnswer {
        let store = MonitorStore()
        store.store(
            ["j1", "j2", "j3"].compactMap { node in
                SeriesKey(farm: "F", cluster: "PoD_Masters", node: node, parameter: "Address")
                    .map { SeriesSample(key: $0, value: .string("h:1"), time: 1000) }
            }, now: 1000)
        let request = RestRequest(
            method: method, target: target,
            fields: [
                RestRequest.Field(name: "USER-AGENT", value: "test"),
                RestRequest.Field(name: "Authorization", value: "Basic c2VjcmV0"),
            ])
        return RestService(store: store, limits: limits).answer(request, now: 1000)
    }

    @Test(
        "refuses what is no request for values",
        arguments: [
            ("/", 404), ("/resting/F", 404), ("/rest", 500), ("/rest?Accept=text/csv", 500), ("rest/F", 400),
            ("/rest/%zz", 400), ("/rest/%2", 400), ("/rest/a%00b", 400), ("/rest/a%5cb", 400), ("/../rest/", 400),
            ("", 400), ("/rest/" + String(repeating: "a", count: RestTarget.longest), 414),
            ("/rest/*/*/*/*/" + String(repeating: "a", count: TextPattern.longest + 1), 400),
            (
                "/rest/*/*/*/*/" + Array(repeating: "a", count: RestCondition.longestList + 1).joined(separator: ","),
                400
            ),
            ("/rest/*/*/*/" + Array(repeating: "a", count: 101).joined(separator: "|"), 400),
        ] as [(String, Int)])
    func refuses(_ target: String, _ status: Int) {
        #expect(self.answer(target).status == status)
    }

    @Test("an answer has a limit, which the last value allowed does not pass")
    func rowLimit() {
        var limits = RestService.Limits()
        limits.rows = 3
        #expect(self.answer("/rest/*/*/*/Address", limits: limits).status == 200)
        #expect(self.answer("/rest/*/*/j1/Address|Address", limits: limits).status == 200)
        #expect(self.answer("/rest/*/*/*/Address|Address", limits: limits).status == 400)
        limits.rows = 2
        #expect(self.answer("/rest/*/*/*/Address", limits: limits).status == 400)
    }

    @Test("TRACE echoes the request but no credentials")
    func trace() {
        let answer = self.answer("/rest/F", method: "TRACE")
        #expect(answer.status == 200)
        #expect(answer.contentType == "message/http")
        #expect(String(decoding: answer.body, as: UTF8.self) == "TRACE /rest/F HTTP/1.1\r\nUSER-AGENT: test\r\n\r\n")
    }

    @Test("methods it does not know", arguments: ["PATCH", "CONNECT", "PROPFIND", "get", ""])
    func unknownMethod(_ method: String) {
        #expect(self.answer("/rest/F", method: method).status == 501)
    }
}
