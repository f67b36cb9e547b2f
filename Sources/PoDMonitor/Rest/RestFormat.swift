/// The formats of answers.
package enum RestFormat: String, Hashable, Sendable, CaseIterable {
    case json = "application/json"
    case html = "text/html"
    case xml = "text/xml"
    case csv = "text/csv"
    case plain = "text/plain"

    /// Chooses as `Rest.getContentType` does: the first name found anywhere, whatever the order or weights asked for.
    ///
    /// - Parameters:
    ///   - parameter: The query parameter `Accept`; counts if it is not empty.
    ///   - header: The header field `Accept`.
    package init(parameter: String?, header: String?) {
        let wanted = parameter.flatMap { $0.isEmpty ? nil : $0 } ?? header ?? ""
        let text = wanted.lowercased()
        if text.contains("application/json") || text.contains("text/json") {
            self = .json
        } else {
            self = [RestFormat.html, .xml, .csv].first { text.contains($0.rawValue) } ?? .plain
        }
    }

    /// The value of `Content-Type`: without a charset, though the text is always UTF-8.
    package var contentType: String { self.rawValue }
}
