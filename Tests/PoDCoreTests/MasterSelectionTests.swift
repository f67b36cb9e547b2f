import PoDCore
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct MasterSelectionTests {
    private static func candidate(
        _ number: Int64, sequence: UInt64 = 1, wanted: Int = 1, share: Double = 1
    ) throws -> MasterSelection.Candidate {
        MasterSelection.Candidate(
            masterJobID: try #require(MasterJobID(number: number)),
            order: AdvertisementOrder(epoch: 1, sequence: sequence), wanted: wanted, share: share)
    }

    @Test("of the rows of one master the latest counts, wherever it stands")
    func latest() throws {
        let selection = MasterSelection(watcherID: 1)
        let rows = [try Self.candidate(7, sequence: 2), try Self.candidate(7, sequence: 3, wanted: 0)]
        for candidates in [rows, rows.reversed()] {
            let choice = selection.choose(from: candidates, at: .start, random: 0)
            #expect(choice.chosen == nil)
            #expect(Set(choice.exclusions) == [.supersededByNewerRow, .hasEnoughWorkers])
        }
    }

    @Test("the part that takes part is the Share", arguments: [0.0, 0.001, 0.1, 0.5, 1.0])
    func share(_ share: Double) throws {
        let candidate = try Self.candidate(7, share: share)
        var generator = SeededGenerator(seed: 3)
        let count = (0..<20_000).count { _ in
            MasterSelection(watcherID: generator.next()).takesPart(in: candidate)
        }
        let expected = 20_000 * share
        let allowed = 5 * (expected * (1 - share)).squareRoot()
        #expect(abs(Double(count) - expected) <= allowed)
    }

    @Test("looking again is no second draw, a new advertisement is one")
    func draws() throws {
        let selection = MasterSelection(watcherID: 42)
        var answers: Set<Bool> = []
        for sequence in 1...40 as ClosedRange<UInt64> {
            let candidate = try Self.candidate(7, sequence: sequence, share: 0.5)
            let draws = (0..<20).map { random in
                selection.choose(from: [candidate], at: .start, random: random).chosen != nil
            }
            #expect(Set(draws) == [selection.takesPart(in: candidate)])
            answers.formUnion(draws)
        }
        #expect(answers == [true, false])
    }

    @Test("masters are chosen by the slots they want")
    func weights() throws {
        let selection = MasterSelection(watcherID: 1)
        let candidates = [try Self.candidate(1, wanted: 100), try Self.candidate(2, wanted: 300)]
        var generator = SeededGenerator(seed: 5)
        let second = (0..<20_000).count { _ in
            selection.choose(from: candidates, at: .start, random: generator.next()).chosen == 1
        }
        #expect(abs(second - 15_000) < 300)
    }

    @Test("the one asked for is taken whatever its Share, and no other")
    func asked() throws {
        let asked = try #require(MasterJobID(number: 2))
        let selection = MasterSelection(watcherID: 1, onlyMaster: asked)
        let candidates = [try Self.candidate(1), try Self.candidate(2, share: 1e-9)]
        #expect(selection.choose(from: candidates, at: .start, random: .max).chosen == 1)
    }

    @Test(
        "a refusal is remembered for its back-off, which doubles and ends with a slot",
        arguments: [
            (RefusalReason.fullOrGone, 15...30 as ClosedRange<Int64>), (.tryLater, 8...15), (.forbidden, 1800...3600),
        ])
    func refusals(_ reason: RefusalReason, _ seconds: ClosedRange<Int64>) throws {
        let candidate = try Self.candidate(7)
        for random in [0, UInt64.max] {
            var selection = MasterSelection(watcherID: 1)
            selection.refused(by: candidate.masterJobID, because: reason, at: .start, random: random)
            let before = Instant.start.advanced(by: .seconds(seconds.lowerBound) - .seconds(1))
            let after = Instant.start.advanced(by: .seconds(seconds.upperBound))
            #expect(selection.choose(from: [candidate], at: before, random: 0).chosen == nil)
            #expect(selection.choose(from: [candidate], at: after, random: 0).chosen == 0)
            if reason != .forbidden {
                selection.refused(by: candidate.masterJobID, because: reason, at: .start, random: random)
                #expect(
                    selection.choose(
                        from: [candidate], at: .start.advanced(by: .seconds(2 * seconds.lowerBound - 2)), random: 0
                    ).chosen == nil)
            }
            selection.accepted(by: candidate.masterJobID)
            #expect(selection.choose(from: [candidate], at: .start, random: 0).chosen == 0)
        }
    }
}
