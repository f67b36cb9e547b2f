import MonALISARepository
import PoDMonitor

extension FuzzTarget {
    /// The request's target, `Accept` and `Range`, a line each; then a datagram, which is taken in before.
    static let monitor = FuzzTarget(name: "monitor", about: "datagrams and requests to the embedded monitor") { bytes in
        var input = InputText(bytes)
        let target = input.line()
        let fields = ["accept", "range"].map { RestRequest.Field(name: $0, value: input.line()) }
        let store = MonitorStore()
        let now: Int64 = 1_700_000_000_000
        let intake = DatagramIntake(farm: "farm", password: nil, floodControl: FloodControl(), store: store)
        _ = intake.take(input.bytes, now: now)
        let service = RestService(store: store)
        let agent = RestRequest.Field(name: "user-agent", value: "fuzz")
        let answer = service.answer(
            RestRequest(method: "GET", target: target, fields: fields + [agent]), now: now)
        Promise.holds((200..<600).contains(answer.status), "a status is one")
        Promise.holds(
            String(validating: answer.body, as: UTF8.self) != nil || answer.contentRange != nil, "text is UTF-8")

        // What the store holds, by two formats that can say everything.
        let rows = ["application/json", "text/xml"].map { type in
            let accept = RestRequest.Field(name: "accept", value: type)
            let all = service.answer(
                RestRequest(method: "GET", target: "/rest/*/*/*/*", fields: [accept, agent]), now: now)
            return FuzzTarget.rows(of: all)
        }
        Promise.holds(rows[0] == rows[1], "JSON and XML say the same: \(rows)")
    }

    private static func rows(of answer: RestAnswer) -> [[String]] {
        let read = try? RepositoryAnswer(
            HTTPAnswer(
                url: "http://m.example/", status: answer.status, contentType: answer.contentType ?? "",
                body: answer.body, date: nil))
        guard let read else {
            Promise.holds(false, "a repository's reader takes the monitor's answer")
            return []
        }
        return read.rows.map { row in
            [read.cluster(of: row), read.node(of: row), read.parameter(of: row), read.value(of: row)]
        }
    }
}
