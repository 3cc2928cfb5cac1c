import Contracts
import LedgerCore
import TestSupport
import Testing

@Suite struct PolicyTextTests {
    private static let hospital = identifier(1)
    private static let person = identifier(2)
    private static let labels = ["hospital": hospital]

    @Test func readsAsOneWouldWriteIt() throws {
        let text = """
            outOf(2, role:privacy-officer@hospital, person:\(Self.person),
                  attribute:specialty=cardiology, member:hospital) within 2 days
            """
        let attribute = try #require(Attribute(name: "specialty", value: "cardiology"))
        let policy = try SignaturePolicy(text: text, members: Self.labels)
        #expect(
            policy
                == .within(
                    172_800,
                    .outOf(
                        2,
                        [
                            .role(.privacyOfficer, at: Self.hospital), .person(Self.person),
                            .attribute(attribute), .member(Self.hospital),
                        ])))
        #expect(
            policy.text(members: [Self.hospital: "hospital"])
                == "outOf(2, role:privacy-officer@hospital, person:\(Self.person), "
                + "attribute:specialty=cardiology, member:hospital) within 2 days")
        #expect(policy.text().contains("@\(Self.hospital)"))
    }

    @Test(arguments: [
        ("and(role:nurse,role:auditor)", "and(role:nurse, role:auditor)"),
        (" or ( role:nurse )\n", "or(role:nurse)"),
        ("role:nurse within 60 minutes", "role:nurse within 1 hour"),
        ("role:nurse within 1 days", "role:nurse within 1 day"),
        ("role:nurse within 90 second", "role:nurse within 90 seconds"),
        ("and(role:nurse within 1 day) within 5 minutes", nil),
        ("outOf(1,role:nurse , role:nurse)", "outOf(1, role:nurse, role:nurse)"),
    ]) func printsOneForm(text: String, printed: String?) throws {
        let policy = try SignaturePolicy(text: text)
        #expect(policy.text() == printed ?? text)
        #expect(try SignaturePolicy(text: policy.text()) == policy)
    }

    @Test(arguments: [
        ("", 0), ("nurse", 0), ("role:nursing", 5), ("role nurse", 4), ("and()", 4),
        ("and(role:nurse", 14), ("and(role:nurse,)", 15), ("role:nurse)", 10),
        ("outOf(0, role:nurse)", 6), ("outOf(2, role:nurse)", 0), ("outOf(01, role:nurse)", 6),
        ("outOf(1)", 0), ("outOf(9999999999, role:nurse)", 6),
        ("person:0011", 7), ("member:clinic", 7), ("role:nurse@", 11),
        ("attribute:unit", 14), ("attribute:unit=", 10), ("attribute:Unit=icu", 10),
        ("role:nurse within", 17), ("role:nurse within 2", 19), ("role:nurse within 2 weeks", 20),
        ("role:nurse within 367 days", 18), ("role:nurse within 0 days", 18),
        ("role:nurse within 99999 days", 18), ("role:nurse within 1 day within 1 day", 24),
        ("and(and(and(and(and(and(role:nurse))))))", 24),
        ("role:nurse role:nurse", 11), ("rôle:nurse", 0),
    ]) func saysWhereATextIsWrong(text: String, offset: Int) {
        let error = #expect(throws: SignaturePolicy.TextError.self) {
            try SignaturePolicy(text: text)
        }
        #expect(error?.offset == offset, "\(text): \(error?.description ?? "")")
    }

    @Test func limitsAreErrors() throws {
        let nurse = "role:nurse"
        func list(_ count: Int) -> String {
            "and(" + [String](repeating: nurse, count: count).joined(separator: ", ") + ")"
        }
        #expect(throws: Never.self) { try SignaturePolicy(text: list(16)) }
        #expect(throws: SignaturePolicy.TextError.self) { try SignaturePolicy(text: list(17)) }
        let two = "and(\(list(16)), \(list(16)))"
        #expect(throws: Never.self) { try SignaturePolicy(text: two) }
        #expect(throws: SignaturePolicy.TextError.self) {
            try SignaturePolicy(text: "and(\(list(16)), \(list(16)), \(nurse))")
        }
        let long = nurse + String(repeating: " ", count: 16 * 1024)
        #expect(throws: SignaturePolicy.TextError.self) { try SignaturePolicy(text: long) }
        let opening = String(repeating: "and(", count: 4_000)
        #expect(throws: SignaturePolicy.TextError.self) { try SignaturePolicy(text: opening) }
    }

    @Test func labelThatCouldMeanTwoThingsIsNotPrinted() {
        let other = identifier(3)
        let policy = SignaturePolicy.member(Self.hospital)
        for label in ["Hospital", "", other.description] {
            #expect(policy.text(members: [Self.hospital: label]) == policy.text())
        }
        #expect(policy.text(members: [Self.hospital: "h", other: "h"]) == policy.text())
        #expect(policy.text(members: [Self.hospital: "h", other: "o"]) == "member:h")
    }

    @Test func everyPolicyComesBackFromItsTextAndItsBytes() async throws {
        let names = Dictionary(
            uniqueKeysWithValues: RandomPolicy.members.enumerated().map { ($1, "member-\($0)") })
        let ids = Dictionary(uniqueKeysWithValues: names.map { ($1, $0) })
        for await item in Soak.cases(usual: 2_000, long: 400_000) {
            var draw = RandomPolicy(random: item.random)
            let policy = draw.policy(depth: draw.number(1...5))
            #expect(try SignaturePolicy(text: policy.text()) == policy, "\(item)")
            let named = policy.text(members: names)
            #expect(try SignaturePolicy(text: named, members: ids) == policy, "\(item)")
            let bytes = Wire.encode(policy.wire)
            let wire = try Wire.decode(
                WireSignaturePolicy.self, from: bytes, what: "policy", limitBytes: 1 << 16)
            #expect(try SignaturePolicy(wire) == policy, "\(item)")
        }
    }

    /// Whatever is read is within limits and has one text; everything else is an error.
    @Test func mutatedTextsAndBytesAreReadOnceOrRefused() async throws {
        var read = 0
        let cases = Soak.cases(usual: 4_000, long: 800_000, pinned: 21)
        for await item in cases {
            var draw = RandomPolicy(random: item.random)
            let policy = draw.policy()
            let changed = draw.random.mutated(Array(policy.text().utf8), changesMax: 2)
            if let text = String(validating: changed, as: UTF8.self),
                let other = try? SignaturePolicy(text: text)
            {
                read += 1
                #expect(other.problem == nil, "\(item): \(text)")
                #expect(try SignaturePolicy(text: other.text()) == other, "\(item): \(text)")
            }
            let bytes = draw.random.mutated(Wire.encode(policy.wire), changesMax: 2)
            if let wire = try? Wire.decode(
                WireSignaturePolicy.self, from: bytes, what: "policy", limitBytes: 1 << 16),
                let other = try? SignaturePolicy(wire)
            {
                read += 1
                #expect(other.problem == nil, "\(item)")
                #expect(Wire.encode(other.wire) == bytes, "\(item)")
            }
        }
        if !cases.areFew { #expect(read > 0) }
    }

    @Test func malformedMessagesAreRefused() throws {
        func refused(_ change: (inout WireSignaturePolicy) -> Void) -> Bool {
            var wire = WireSignaturePolicy()
            change(&wire)
            return (try? SignaturePolicy(wire)) == nil
        }
        #expect(refused { _ in })
        #expect(refused { $0.role.role = "nursing" })
        #expect(
            refused {
                $0.role.role = "nurse"
                $0.role.member = [1, 2].field
            })
        #expect(refused { $0.attribute.name = "unit" })
        #expect(refused { $0.member = [1].field })
        #expect(refused { $0.person = [1].field })
        #expect(refused { $0.within.seconds = 5 })
        #expect(refused { $0.within.part = SignaturePolicy.role(.nurse).wire })
        #expect(refused { $0.or.parts = [] })
    }
}
