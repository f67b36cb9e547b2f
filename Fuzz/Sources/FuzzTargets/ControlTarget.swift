import PoDCore
import PoDRecipes
@testable import PoDSession

extension FuzzTarget {
    static let control = FuzzTarget(name: "control", about: "lines of the control channel") { bytes in
        let message = try ControlMessage(document: try JSONValue(parsing: bytes))
        let text = message.document.text
        Promise.isOneLine(text, "a message")
        Promise.areEqual(message, try? ControlMessage(document: JSONValue(parsing: Array(text.utf8))), "a message")
        switch message {
        case .register(_, let registration):
            Promise.isPlain(registration.contact.description, "a worker's contact")
            for (name, version) in registration.versions.values {
                Promise.isPlain(name + version, "a version")
            }
        case .lease(_, let terms):
            Promise.isPlain(terms.contact?.description ?? "", "a contact by way of the master")
        default: break
        }
    }
}
