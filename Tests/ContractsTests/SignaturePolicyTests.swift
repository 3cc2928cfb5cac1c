@testable import Contracts
import LedgerCore
import Testing

@Suite struct SignaturePolicyTests {
    private let home = identifier(1)
    private let away = identifier(2)

    private func signer(_ number: UInt64, _ roles: [String], at member: Identifier)
        -> SignaturePolicy.Signer
    {
        .init(person: identifier(number), member: member, roles: roles)
    }

    @Test func roleCountsAtTheMemberAlone() {
        let policy = SignaturePolicy.role(.nurse)
        #expect(policy.isMet(by: [signer(3, ["auditor", "nurse"], at: home)], at: home))
        #expect(!policy.isMet(by: [signer(3, ["nurse"], at: away)], at: home))
        #expect(!policy.isMet(by: [signer(3, ["practitioner"], at: home)], at: home))
        #expect(!policy.isMet(by: [], at: home))
    }

    @Test func personCountsAnywhere() {
        let policy = SignaturePolicy.person(identifier(3))
        #expect(policy.isMet(by: [signer(3, [], at: away)], at: home))
        #expect(!policy.isMet(by: [signer(4, [], at: home)], at: home))
    }

    @Test func partsCombine() {
        let nurse = SignaturePolicy.role(.nurse)
        let doctor = SignaturePolicy.role(.practitioner)
        let auditor = SignaturePolicy.role(.auditor)
        let two = [signer(3, ["nurse"], at: home), signer(4, ["practitioner"], at: home)]
        #expect(SignaturePolicy.and([nurse, doctor]).isMet(by: two, at: home))
        #expect(!SignaturePolicy.and([nurse, auditor]).isMet(by: two, at: home))
        #expect(SignaturePolicy.or([auditor, nurse]).isMet(by: two, at: home))
        #expect(!SignaturePolicy.or([auditor]).isMet(by: two, at: home))
        #expect(!SignaturePolicy.or([]).isMet(by: two, at: home))
        #expect(SignaturePolicy.outOf(2, [nurse, doctor, auditor]).isMet(by: two, at: home))
        #expect(!SignaturePolicy.outOf(3, [nurse, doctor, auditor]).isMet(by: two, at: home))
        #expect(
            !SignaturePolicy.outOf(2, [nurse, auditor, .person(home)]).isMet(by: two, at: home))
        let nested = SignaturePolicy.and([.or([auditor, doctor]), .outOf(1, [nurse, auditor])])
        #expect(nested.isMet(by: two, at: home))
        #expect(!nested.isMet(by: two, at: away))
    }
}
