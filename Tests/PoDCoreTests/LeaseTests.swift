import PoDCore
import PoDTestKit
import Testing

@Suite struct LeaseTests {
    @Test func claimIDsSurviveTheirText() throws {
        var generator = SeededGenerator(seed: 9)
        var claims = [ClaimID(high: 0, low: 0), ClaimID(high: .max, low: .max), ClaimID(high: 1, low: 1 << 63)]
        claims += (0..<1000).map { _ in
            ClaimID(
                high: generator.next() >> UInt64.random(in: 0...63, using: &generator),
                low: generator.next() >> UInt64.random(in: 0...63, using: &generator))
        }
        for claim in claims {
            #expect(claim.description.utf8.count == 32)
            #expect(try ClaimID(parsing: claim.description) == claim)
        }
    }

    @Test func writesClaimIDsInLowerCase() throws {
        #expect(
            ClaimID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC).description == "0123456789abcdef000000000000fedc")
    }

    @Test(arguments: [
        "", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
        String(repeating: "0", count: 31) + "g", String(repeating: "0", count: 31) + "A",
        String(repeating: "0", count: 31) + "\0", String(repeating: "0", count: 31) + "é",
        " " + String(repeating: "0", count: 31), "0x" + String(repeating: "0", count: 30),
        String(repeating: "0", count: 100_000),
    ])
    func refusesOtherClaimIDs(_ text: String) {
        let error = #expect(throws: ValueError.self) { try ClaimID(parsing: text) }
        #expect(error?.name == "claim")
    }

    @Test(arguments: [(0, 0), (1, 1), (1_700_000_000_000, 10_000), (.max, .max)] as [(UInt64, UInt64)])
    func leaseIDsSurviveTheirText(_ epoch: UInt64, _ number: UInt64) throws {
        let id = LeaseID(epoch: epoch, number: number)
        #expect(id.description == "\(epoch).\(number)")
        #expect(try LeaseID(parsing: id.description) == id)
    }

    @Test(arguments: [
        "", ".", "1", "1.", ".1", "1.2.3", "1..2", "-1.2", "1.-2", "+1.2", "1.+2", "01.2", "1.02", " 1.2", "1.2 ",
        "1.2\0", "1,2", "a.b", "1.2e3", "0x1.2", "18446744073709551616.1", "1.18446744073709551616", "1.\u{301}2",
        "١.٢", String(repeating: "1", count: 100_000), String(repeating: ".", count: 100_000),
    ])
    func refusesOtherLeaseIDs(_ text: String) {
        let error = #expect(throws: ValueError.self) { try LeaseID(parsing: text) }
        #expect(error?.name == "lease")
        #expect(error?.description.utf8.count ?? .max < 1200)
    }

    @Test func ordersLeasesByEpochThenNumber() {
        #expect(LeaseID(epoch: 1, number: 2) < LeaseID(epoch: 1, number: 10))
        #expect(LeaseID(epoch: 1, number: 10) < LeaseID(epoch: 2, number: 1))
        #expect(!(LeaseID(epoch: 1, number: 1) < LeaseID(epoch: 1, number: 1)))
    }
}
