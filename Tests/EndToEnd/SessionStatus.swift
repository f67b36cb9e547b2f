import Foundation

/// What these tests read in a master's status file.
struct SessionStatus: Decodable {
    struct Workers: Decodable {
        let wanted: Int
        let leased: Int
        let registered: Int
    }
    struct Parameter: Decodable {
        let name: String
        /// `nil` for a number.
        let value: String?

        private enum Key: CodingKey { case name, value }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            self.name = try members.decode(String.self, forKey: .name)
            self.value = try? members.decode(String.self, forKey: .value)
        }
    }
    let workers: Workers
    let advertisement: [Parameter]
    let details: [String: String]

    func detail(_ name: String) -> String? { self.details[name] }

    init?(at file: URL) {
        guard let data = try? Data(contentsOf: file), let status = try? JSONDecoder().decode(Self.self, from: data)
        else { return nil }
        self = status
    }
}
