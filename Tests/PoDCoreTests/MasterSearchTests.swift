import PoDCore
import PoDTestKit
import Testing

/// Which signatures a watcher looks at, and what they decide.
@Suite struct MasterSearchTests {
    private static func candidate(
        _ number: Int64, sequence: UInt64 = 1, wanted: Int = 1, share: Double = 1, ticket: UInt64 = 1
    ) throws -> MasterSelection.Candidate {
        MasterSelection.Candidate(
            masterJobID: try #require(MasterJobID(number: number)),
            order: AdvertisementOrder(epoch: 1, sequence: sequence), wanted: wanted, share: share, ticket: ticket)
    }

    /// Makes the choice where just these are genuine.
    private static func choose(
        _ candidates: [MasterSelection.Candidate], genuine: Set<Int>, selection: MasterSelection? = nil,
        random: UInt64 = 0
    ) -> (choice: MasterSelection.Choice, looks: [Int]) {
        var search = MasterSelection.Search(
            candidates, for: selection ?? MasterSelection(watcherID: 1), at: .start, random: random)
        var looks: [Int] = []
        while let index = search.next() {
            looks.append(index)
            if genuine.contains(index) {
                search.believe()
            } else {
                search.reject()
            }
        }
        return (search.choice, looks)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Sequence, wanted, share and ticket of each row of one master.
        let rows: [(sequence: UInt64, wanted: Int, share: Double, ticket: UInt64)]
        let genuine: Set<Int>
        let chosen: Int?
    }

    static let cases = [
        Case(testDescription: "the later of two", rows: [(1, 1, 1, 1), (2, 1, 1, 1)], genuine: [0, 1], chosen: 1),
        Case(
            testDescription: "a later one that is forged", rows: [(1, 1, 1, 1), (9, 1, 1, 1)], genuine: [0], chosen: 0),
        Case(testDescription: "a forged withdrawal", rows: [(1, 1, 1, 1), (9, 0, 0, 1)], genuine: [0], chosen: 0),
        Case(testDescription: "a true withdrawal", rows: [(1, 1, 1, 1), (9, 0, 0, 1)], genuine: [0, 1], chosen: nil),
        Case(
            testDescription: "a forged one that invites nobody", rows: [(1, 1, 1, 1), (9, 1, 1e-30, 1)], genuine: [0],
            chosen: 0),
        Case(
            testDescription: "another ticket's withdrawal", rows: [(1, 1, 1, 1), (9, 0, 0, 2)], genuine: [0, 1],
            chosen: 0),
        Case(testDescription: "nothing but forged ones", rows: [(1, 1, 1, 1), (9, 1, 1, 2)], genuine: [], chosen: nil),
        Case(
            testDescription: "the same in three farms", rows: [(3, 1, 1, 1), (3, 1, 1, 1), (3, 1, 1, 1)],
            genuine: [0, 1, 2], chosen: 0),
    ]

    @Test("of one master the highest order that is genuine decides", arguments: Self.cases)
    func oneMaster(_ one: Case) throws {
        let candidates = try one.rows.map {
            try Self.candidate(7, sequence: $0.sequence, wanted: $0.wanted, share: $0.share, ticket: $0.ticket)
        }
        #expect(Self.choose(candidates, genuine: one.genuine).choice.chosen == one.chosen)
    }

    @Test("who is not invited looks at no signature")
    func uninvited() throws {
        let candidates = try (1...100).map { try Self.candidate($0, share: 1e-30) }
        #expect(Self.choose(candidates, genuine: [0]).looks.isEmpty)
    }

    @Test("a thousand forged rows of one master that wants a million do not hide another")
    func flood() throws {
        let forged = try (1...1000).map { try Self.candidate(7, sequence: $0, wanted: 1_000_000) }
        let candidates = forged + [try Self.candidate(8)]
        for random in [0, UInt64.max / 2, .max] {
            let (choice, looks) = Self.choose(candidates, genuine: [1000], random: random)
            #expect(choice.chosen == 1000)
            #expect(looks.count <= 5)
        }
    }

    @Test("all rows are looked at before nobody is found, each once")
    func exhaustion() throws {
        var generator = SeededGenerator(seed: 4)
        let candidates = try (0..<300 as Range<UInt64>).map { row in
            try Self.candidate(
                Int64.random(in: 1...20, using: &generator), sequence: row,
                wanted: Int.random(in: 1...9, using: &generator),
                ticket: UInt64.random(in: 1...3, using: &generator))
        }
        let (choice, looks) = Self.choose(candidates, genuine: [], random: 5)
        #expect(choice.chosen == nil)
        #expect(looks.sorted() == Array(0..<300))
        #expect(choice.exclusions.allSatisfy { $0 == .forged })
    }

    @Test("who refused under one ticket is not another's fault")
    func refusals() throws {
        var selection = MasterSelection(watcherID: 1)
        let candidates = [try Self.candidate(7, ticket: 1), try Self.candidate(7, ticket: 2)]
        selection.refused(by: candidates[1].masterJobID, ticket: 2, because: .forbidden, at: .start, random: 0)
        #expect(Self.choose(candidates, genuine: [0, 1], selection: selection).choice.chosen == 0)
        selection.refused(by: candidates[0].masterJobID, ticket: 1, because: .forbidden, at: .start, random: 0)
        #expect(Self.choose(candidates, genuine: [0, 1], selection: selection).choice.chosen == nil)
    }
}
