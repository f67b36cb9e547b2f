/// Answers requests from the cache, with no socket and no clock of its own.
package struct RestService: Sendable {
    /// What keeps one request from costing more than it should; ours.
    package struct Limits: Hashable, Sendable {
        /// How many parameters a list may have.
        package var parameters = 100
        /// How many values an answer may have.
        package var rows = 500_000

        package init() {}
    }

    private static let allowed = "GET, HEAD, POST, PUT, DELETE, TRACE, OPTIONS"

    private let store: MonitorStore
    private let limits: Limits

    package init(store: MonitorStore, limits: Limits = Limits()) {
        self.store = store
        self.limits = limits
    }

    /// - Parameter now: The service's clock, in milliseconds since 1970.
    package func answer(_ request: RestRequest, now: Int64) -> RestAnswer {
        let target: RestTarget
        do throws(RestTarget.Problem) {
            target = try RestTarget(request.target)
        } catch {
            return Self.answer(error)
        }
        switch request.method {
        case "GET":
            return self.values(target, request, now: now)
        case "HEAD":
            var answer = self.values(target, request, now: now)
            answer.body = []
            return answer
        case "POST", "PUT", "DELETE":
            // Taken and ignored: values come by datagram only.
            return RestAnswer(status: 200)
        case "OPTIONS":
            var answer = RestAnswer(status: 200)
            answer.allow = Self.allowed
            return answer
        case "TRACE":
            return Self.trace(request)
        default:
            return .failure(501, "method \(request.method.prefix(20)): expected one of \(Self.allowed)")
        }
    }

    private func values(_ target: RestTarget, _ request: RestRequest, now: Int64) -> RestAnswer {
        guard UserAgentRule.admits(request.field("user-agent")) else {
            return RestAnswer(
                status: 200, contentType: UserAgentRule.pageContentType, body: Array(UserAgentRule.page.utf8))
        }
        let table: RestTable
        do throws(Refusal) {
            table = try self.table(target, now: now)
        } catch {
            return .failure(400, error.reason)
        }
        let format = RestFormat(parameter: target.accept, header: request.field("accept"))
        let answer = RestAnswer(status: 200, contentType: format.contentType, body: table.body(as: format))
        guard let range = request.field("range"), !range.isEmpty else { return answer }
        return Self.part(of: answer, range)
    }

    private func table(_ target: RestTarget, now: Int64) throws(Refusal) -> RestTable {
        let path = RestPath(segments: target.segments)
        let patterns = path.patterns
        guard patterns.count <= self.limits.parameters else {
            throw Refusal("parameters: expected at most \(self.limits.parameters), found \(patterns.count)")
        }
        var samples: [SeriesSample] = []
        for pattern in patterns {
            let limit = self.limits.rows + 1 - samples.count
            samples += self.store.samples(matching: pattern, in: path.window, now: now, limit: limit)
            guard samples.count <= self.limits.rows else {
                throw Refusal("more than \(self.limits.rows) values: ask for fewer")
            }
        }
        guard path.parameters != nil else {
            return RestTable(namesOf: samples, columnCount: path.browsedColumns, path: target.path, time: now)
        }
        if let text = path.condition {
            let condition = try Self.condition(text)
            samples.removeAll { !condition.holds(for: $0.value) }
        }
        return RestTable(values: samples, path: target.path, time: now)
    }

    private struct Refusal: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    private static func condition(_ text: String) throws(Refusal) -> RestCondition {
        do throws(RestCondition.Problem) {
            return try RestCondition(text)
        } catch {
            switch error {
            case .tooManyItems: throw Refusal("condition: expected at most \(RestCondition.longestList) items")
            case .itemTooLong: throw Refusal("condition: expected items of at most \(TextPattern.longest) characters")
            }
        }
    }

    private static func part(of answer: RestAnswer, _ header: String) -> RestAnswer {
        do throws(ByteRanges.Problem) {
            let ranges = try ByteRanges(header, bodyLength: answer.body.count)
            var part = RestAnswer(
                status: 206, contentType: answer.contentType, body: ranges.part(of: answer.body))
            part.contentRange = ranges.contentRange
            return part
        } catch {
            switch error {
            case .notSatisfiable: return .failure(416, "range: expected bytes=FIRST-LAST within the answer")
            case .notNumber: return .failure(500, "range: expected numbers")
            }
        }
    }

    private static func answer(_ problem: RestTarget.Problem) -> RestAnswer {
        switch problem {
        case .tooLong: .failure(414, "target: expected at most \(RestTarget.longest) bytes")
        // As the real server: nothing but the status.
        case .malformed: RestAnswer(status: 400)
        case .noSlash: .failure(500, "expected a slash after /rest")
        case .elsewhere: .failure(404, "expected /rest/FARM/CLUSTER/NODE[/TMIN/TMAX]/PARAMETERS[/CONDITION]")
        }
    }

    /// The request as it came, but for what is nobody's business.
    private static func trace(_ request: RestRequest) -> RestAnswer {
        var text = "TRACE \(request.target) HTTP/1.1\r\n"
        for field in request.fields where !["authorization", "cookie"].contains(field.name.lowercased()) {
            text += "\(field.name): \(field.value)\r\n"
        }
        return RestAnswer(status: 200, contentType: "message/http", body: Array((text + "\r\n").utf8))
    }
}
