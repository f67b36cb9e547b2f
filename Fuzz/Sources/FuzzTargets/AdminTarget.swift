import PoDCore
import PoDSession

extension FuzzTarget {
    static let admin = FuzzTarget(name: "admin", about: "requests of a session's owner") { bytes in
        let request = try AdminRequest(parsing: bytes)
        let text = request.document.text
        Promise.isOneLine(text, "a request")
        Promise.areEqual(request, try? AdminRequest(parsing: Array(text.utf8)), "a request")
    }
}
