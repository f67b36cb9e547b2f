import PoDCore
import Testing

@Suite struct AdvertisementOrderTests {
    @Test func ordersByEpochThenSequence() {
        let ascending: [AdvertisementOrder] = [
            .init(unsignedReportedAt: .min), .init(unsignedReportedAt: 1), .init(unsignedReportedAt: .max),
            .init(epoch: 1, sequence: 0), .init(epoch: 1, sequence: .max), .init(epoch: 2, sequence: 0),
            .init(epoch: .max, sequence: .max),
        ]
        for (index, lower) in ascending.enumerated() {
            for (other, higher) in ascending.enumerated() {
                #expect((lower < higher) == (index < other))
                #expect((lower == higher) == (index == other))
            }
        }
    }
}
