import PoDCore
import Testing

@Suite struct JSONReaderTests {
    /// Runs `body` with a reader of `text`.
    private func read<Value>(_ text: String, _ body: (inout JSONReader) throws(JSONError) -> Value) throws(JSONError)
        -> Value
    {
        try Array(text.utf8).span.bytes.withUnsafeBytes { (bytes) throws(JSONError) in
            var reader = JSONReader(bytes)
            return try body(&reader)
        }
    }

    @Test("reads piece by piece what is asked for, and skips the rest")
    func pieces() throws {
        let text = #" { "a" : [ "x\n" , 12.50 ] , "skipped" : {"b":[1,{"c":null}],"b":"\u00e9"} , "z" : "é" } "#
        let seen = try self.read(text) { (reader) throws(JSONError) in
            var seen: [String] = []
            try reader.beginObject()
            while let name = try reader.nextName() {
                seen.append(reader.text(name))
                if reader.isEqual(name, "a") {
                    try reader.beginArray()
                    #expect(try reader.nextElement())
                    #expect(reader.isAtString)
                    seen.append(reader.text(try reader.string()))
                    #expect(try reader.nextElement())
                    #expect(!reader.isAtString && !reader.isAtObject)
                    seen.append(try reader.number())
                    #expect(try !reader.nextElement())
                } else if reader.isEqual(name, "z") {
                    seen.append(reader.text(try reader.string()))
                } else {
                    #expect(reader.isAtObject)
                    try reader.skipValue()
                }
            }
            try reader.end()
            return seen
        }
        #expect(seen == ["a", "x\n", "12.50", "skipped", "z", "é"])
    }

    @Test(
        "says what it expected and where",
        arguments: [
            ("1", 0, "expected an object"), (" [1]", 1, "expected an object"), ("", 0, "expected an object"),
        ])
    func expectations(_ text: String, _ offset: Int, _ problem: String) {
        let error = #expect(throws: JSONError.self) {
            try self.read(text) { (reader) throws(JSONError) in try reader.beginObject() }
        }
        #expect(error == JSONError(offset: offset, problem))
        #expect(error?.description == "JSON, byte \(offset): \(problem)")
    }

    @Test(
        "goes on behind a string that is no text",
        arguments: [
            #""\ud800""#, #""\x""#, #""\u00""#, #""\u""#, #""a\"\udfff\\""#, "\"a\u{1}b\"", "\"\\\u{1}\"",
        ])
    func defects(_ bad: String) throws {
        try self.read("[\(bad),7]") { (reader) throws(JSONError) in
            try reader.beginArray()
            #expect(try reader.nextElement())
            guard case .defect(let error) = try reader.stringOrDefect() else {
                Issue.record("no defect in \(bad)")
                return
            }
            #expect(error.offset > 1 && error.offset < bad.utf8.count)
            #expect(try reader.nextElement())
            #expect(try reader.number() == "7")
            #expect(try !reader.nextElement())
            try reader.end()
        }
        #expect(throws: JSONError.self) {
            try self.read(bad) { (reader) throws(JSONError) in _ = try reader.string() }
        }
    }

    @Test("finds the end of a string wherever it is among eight bytes")
    func everyLength() throws {
        for length in 0..<40 {
            for special in ["", "\\n", "é", "\\\\", "\\u00e9"] {
                for place in 0...length {
                    let plain = String(repeating: "a", count: place)
                    let rest = String(repeating: "b", count: length - place)
                    let text = "\"\(plain)\(special)\(rest)\" "
                    let expected = plain + (["\\n": "\n", "\\\\": "\\", "\\u00e9": "é"][special] ?? special) + rest
                    let (found, offset) = try self.read(text) { (reader) throws(JSONError) in
                        (reader.text(try reader.string()), reader.offset)
                    }
                    #expect(found == expected)
                    #expect(offset == text.utf8.count - 1)
                }
            }
        }
    }

    @Test("compares a string with a name byte by byte")
    func equality() throws {
        for (text, isEqual) in [("\"Farm\"", true), ("\"farm\"", false), ("\"Far\"", false), ("\"\\u0046arm\"", false)]
        {
            let found = try self.read(text) { (reader) throws(JSONError) in
                reader.isEqual(try reader.string(), "Farm")
            }
            #expect(found == isEqual, "\(text)")
        }
    }
}
