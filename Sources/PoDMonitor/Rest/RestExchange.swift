/// What of an HTTP request matters here.
package struct RestRequest: Hashable, Sendable {
    package var method: String
    /// As it stands in the request line.
    package var target: String
    package var fields: [Field]

    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(method: String, target: String, fields: [Field] = []) {
        self.method = method
        self.target = target
        self.fields = fields
    }

    /// The first field of that name.
    ///
    /// - Parameter name: In lower case.
    package func field(_ name: String) -> String? {
        self.fields.first { $0.name.lowercased() == name }?.value
    }
}

/// An HTTP answer.
package struct RestAnswer: Hashable, Sendable {
    package var status: Int
    package var contentType: String?
    package var contentRange: String?
    package var allow: String?
    package var body: [UInt8]
    /// The length to state, which is not the body's after HEAD.
    package var contentLength: Int

    package init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.contentLength = body.count
    }

    /// An error, with one line for people.
    static func failure(_ status: Int, _ message: String) -> RestAnswer {
        RestAnswer(status: status, contentType: "text/plain", body: Array((message + "\n").utf8))
    }
}
