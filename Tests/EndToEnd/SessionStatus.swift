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
    }
    let workers: Workers
    let advertisement: [Parameter]

    init?(at file: URL) {
        guard let data = try? Data(contentsOf: file), let status = try? JSONDecoder().decode(Self.self, from: data)
        else { return nil }
        self = status
    }
}
