import PoDCore

extension FuzzTarget {
    static let json = FuzzTarget(name: "json", about: "JSON documents") { bytes in
        let value = try JSONValue(parsing: bytes)
        Promise.isOneLine(value.text, "a document")
        Promise.areEqual(value, try? JSONValue(parsing: Array(value.text.utf8)), "a document")
    }
}
