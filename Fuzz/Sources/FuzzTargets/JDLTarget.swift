import AliEnSite

extension FuzzTarget {
    static let jdl = FuzzTarget(name: "jdl", about: "job descriptions") { bytes in
        let jdl = try JDL(parsing: String(decoding: bytes, as: UTF8.self))
        for line in jdl.text.split(separator: "\n") {
            Promise.isPlain(String(line), "a line of a job description")
        }
        Promise.areEqual(jdl, try? JDL(parsing: jdl.text), "a job description")
    }
}
