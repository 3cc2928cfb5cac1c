import LedgerCore
import TestSupport
import Testing

/// Chains of hand-overs: what holds, and the first stamp that does not.
@Suite struct HandOverChainTests {
    private let intent = leaf(1)
    private let keys: [SigningKey]

    init() throws { keys = try (1...6).map { try TestKeys.ed25519($0) } }

    private func id(_ index: Int) throws -> Digest { try keys[index].publicKey().id }

    private func stamp(
        _ purpose: StampPurpose, _ key: Int, after previous: EStamp? = nil, to receiver: Int? = nil
    ) throws -> EStamp {
        try EStamp(
            intent: intent, purpose: purpose, after: previous, to: receiver.map { try id($0) },
            signingWith: keys[key])
    }

    /// From the first key over the others, each step offered and taken.
    private func chain(_ people: [Int]) throws -> [EStamp] {
        var stamps = [try stamp(.author, people[0])]
        for (from, to) in zip(people, people.dropFirst()) {
            stamps.append(try stamp(.handOver, from, after: stamps[stamps.count - 1], to: to))
            stamps.append(try stamp(.accept, to, after: stamps[stamps.count - 1]))
        }
        return stamps
    }

    private func fault(_ stamps: [EStamp]) -> HandOverChain.Fault? {
        do throws(HandOverChain.Fault) {
            _ = try HandOverChain(stamps)
            return nil
        } catch {
            return error
        }
    }

    @Test func chainLeadsToItsLastHolder() throws {
        #expect(try HandOverChain([stamp(.author, 0)]).hops.isEmpty)
        #expect(try HandOverChain([]).holder == nil)
        let three = try HandOverChain(chain([0, 1, 2, 1]))
        #expect(three.hops.map(\.from) == [try id(0), try id(1), try id(2)])
        #expect(three.hops.map(\.to) == [try id(1), try id(2), try id(1)])
        #expect(three.hops.map(\.accept) == [2, 4, 6])
        #expect(three.holder == (try id(1)))
    }

    @Test func approvalsStandAnywhereBesideTheChain() throws {
        let stamps = try chain([0, 1, 2])
        let approval = try stamp(.approve, 4)
        for place in 0...stamps.count {
            var all = stamps
            all.insert(approval, at: place)
            #expect(try HandOverChain(all).holder == id(2), "at \(place)")
        }
    }

    @Test func nodesStampOnBehalfBeginsAChainToo() throws {
        let first = try stamp(.onBehalf, 5)
        let offer = try stamp(.handOver, 0, after: first, to: 1)
        #expect(try HandOverChain([first, offer, stamp(.accept, 1, after: offer)]).holder == id(1))
    }

    @Test func whatDoesNotHoldIsNamed() throws {
        let whole = try chain([0, 1, 2])
        let (author, offer, taken) = (whole[0], whole[1], whole[2])
        func expect(
            _ kind: HandOverChain.Fault.Kind, at place: Int, _ stamps: [EStamp],
            _ line: SourceLocation = #_sourceLocation
        ) {
            #expect(
                fault(stamps) == HandOverChain.Fault(stamp: place, kind: kind),
                sourceLocation: line)
        }
        // Never accepted: at the first step, and at a later one.
        expect(.notAccepted, at: 1, [author, offer])
        expect(.notAccepted, at: 3, Array(whole.dropLast()))
        // Redirected: another key takes what was offered to one.
        expect(.redirected, at: 2, [author, offer, try stamp(.accept, 3, after: offer)])
        // Forked: to two receivers, before and after the first took it, and taken twice.
        let second = try stamp(.handOver, 0, after: author, to: 3)
        expect(.forked, at: 2, [author, offer, second])
        expect(.forked, at: 3, [author, offer, taken, second])
        expect(.forked, at: 2, [author, offer, offer])
        expect(.forked, at: 3, [author, offer, taken, taken])
        // Handed on by somebody who does not hold it.
        let stranger = try stamp(.handOver, 3, after: taken, to: 4)
        expect(.notHolder, at: 3, [author, offer, taken, stranger])
        let former = try stamp(.handOver, 0, after: taken, to: 4)
        expect(.notHolder, at: 3, [author, offer, taken, former])
        // Stamps that belong to no chain.
        expect(.broken, at: 0, [offer, author])
        expect(.broken, at: 1, [author, taken])
        expect(.broken, at: 1, [author, try stamp(.handOver, 0, to: 1)])
        expect(.broken, at: 1, [author, try stamp(.handOver, 0, after: author)])
        expect(.broken, at: 1, [author, try stamp(.handOver, 0, after: author, to: 0)])
        expect(.broken, at: 2, [author, offer, try stamp(.accept, 1)])
        expect(.broken, at: 2, [author, offer, try stamp(.accept, 1, after: offer, to: 2)])
        expect(.broken, at: 2, [author, offer, try stamp(.accept, 1, after: author)])
        expect(.broken, at: 0, [try stamp(.author, 0, after: author)])
        expect(.broken, at: 1, [author, try stamp(.approve, 1, after: author)])
        // A hand-over of another intent's chain.
        let other = try EStamp(
            intent: leaf(2), purpose: .author, signingWith: keys[0])
        expect(.broken, at: 1, [author, try stamp(.handOver, 0, after: other, to: 1)])
    }

    @Test func authorWithTwoStampsBeginsOneChainAlone() throws {
        let (one, two) = (try stamp(.author, 0), try stamp(.author, 5))
        let offer = try stamp(.handOver, 0, after: one, to: 1)
        let taken = try stamp(.accept, 1, after: offer)
        #expect(try HandOverChain([one, two, offer, taken]).holder == id(1))
        let again = try stamp(.handOver, 5, after: two, to: 2)
        #expect(fault([one, two, offer, taken, again])?.kind == .forked)
    }

    @Test func linkCoversEverythingOfAStamp() throws {
        let stamp = try chain([0, 1])[1]
        let changes: [(inout EStamp) -> Void] = [
            { $0.purpose = .accept }, { $0.key = leaf(7) }, { $0.signature[0] ^= 1 },
            { $0.previous = leaf(7) }, { $0.receiver = leaf(7) }, { $0.scheme = .p256 },
        ]
        for (index, change) in changes.enumerated() {
            var altered = stamp
            change(&altered)
            #expect(altered.link != stamp.link, "change \(index)")
        }
    }

    @Test func everyOrderAndEveryLossIsRefused() throws {
        let whole = try chain([0, 1, 2])
        var random = SeededGenerator(announcing: #function)
        for _ in 0..<200 {
            let shuffled = whole.shuffled(using: &random)
            #expect((fault(shuffled) == nil) == (shuffled == whole))
        }
        for place in 1..<whole.count {
            var cut = whole
            cut.remove(at: place)
            #expect(fault(cut) != nil, "without stamp \(place)")
        }
    }
}
