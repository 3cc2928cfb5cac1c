import CairnClient
import Crypto
import Foundation
import LedgerCore
import SwiftProtobuf
import Testing

import struct LedgerCore.Digest

@Suite struct ProofVerifierTests {
    @Test func validProofTellsRecordAuthorAndContent() throws {
        let scenario = try ProofScenario()
        let report = try ProofVerifier(trust: scenario.genesisTrust).verify(
            ProofFile.bytes(scenario.proof))
        #expect(report.record == scenario.record.description)
        #expect(report.version == 1)
        #expect(report.height == 2)
        #expect(report.content == scenario.content)
        #expect(report.member == scenario.ledger.members[0].id.description)
        #expect(report.steps.count >= 6)
    }

    @Test func nodeMayStampOnBehalf() throws {
        let scenario = try ProofScenario(onBehalf: true)
        #expect(scenario.refusal(scenario.proof) == nil)
    }

    @Test(arguments: [1, 2, 3, 5, 8]) func holdsInNetworksOfAnySize(_ members: Int) throws {
        let scenario = try ProofScenario(memberCount: members)
        #expect(scenario.refusal(scenario.proof) == nil)
    }

    @Test func trustInKeysNeedsNoGenesis() throws {
        let scenario = try ProofScenario()
        let keys = scenario.ledger.members.prefix(2).map { scenario.ledger.noteKey($0).text }
        let trust = try ProofTrust(file: Array(keys.joined(separator: "\n").utf8))
        #expect(scenario.refusal(scenario.proof, trust: trust) == nil)
        let stranger = try ProofScenario()
        #expect(stranger.refusal(stranger.proof, trust: trust) == .checkpointNotTrusted)
    }

    @Test func anotherNetworksGenesisIsNotTrusted() throws {
        let scenario = try ProofScenario()
        let other = try ProofScenario()
        #expect(
            scenario.refusal(scenario.proof, trust: other.genesisTrust) == .genesisNotTrusted)
    }

    @Test(arguments: [(3, 1), (4, 2), (5, 2)]) func halfTheMembersAreTooFew(
        _ members: Int, _ cosigners: Int
    ) throws {
        let scenario = try ProofScenario(memberCount: members, cosigners: cosigners)
        #expect(scenario.refusal(scenario.proof) == .quorumMissing)
        let enough = try ProofScenario(memberCount: members, cosigners: cosigners + 1)
        #expect(enough.refusal(enough.proof) == nil)
    }

    @Test func strangersSignatureOnTheCheckpointIsRefused() throws {
        let scenario = try ProofScenario()
        let stranger = NoteKey(
            name: "stranger", algorithm: .cosignature, publicKey: [UInt8](repeating: 1, count: 32))
        var checkpoint = try scenario.ledger.checkpoint(cosigners: 3)
        checkpoint.signatures.append(
            try stranger.sign(checkpoint, timeSeconds: 1, with: .ed25519(.init())))
        var proof = scenario.proof
        proof.checkpoint = Data(checkpoint.note.utf8)
        #expect(scenario.refusal(proof) == .cosignatureInvalid)
    }

    @Test func leftOutEnrolmentRefusesItsAuthor() throws {
        let scenario = try ProofScenario()
        var proof = scenario.proof
        proof.membership.removeFirst()
        #expect(scenario.refusal(proof) == .subjectRefused)
        proof = scenario.proof
        proof.membership.append(proof.membership[0])
        #expect(scenario.refusal(proof) == .leafRepeated)
    }

    @Test func writeOutsideTheSubjectIsRefused() throws {
        let scenario = try ProofScenario()
        var proof = scenario.proof
        proof.write = 2
        #expect(scenario.refusal(proof) == .writeMissing)
        proof.write = 0
        #expect(scenario.refusal(proof) == .writeMissing, "the write is not of the named record")
    }

    @Test func sealOfAnotherBlockIsRefused() throws {
        let scenario = try ProofScenario()
        let last = scenario.ledger.placed[scenario.ledger.placed.count - 1]
        var proof = scenario.proof
        proof.seal = try scenario.ledger.proof(of: last, write: 0).seal
        #expect(scenario.refusal(proof) == .sealInvalid)
        proof.seal = scenario.proof.genesisSeal
        #expect(scenario.refusal(proof) == .sealInvalid)
    }

    @Test func everyAlteredByteOfTheFileIsRefused() throws {
        let scenario = try ProofScenario(memberCount: 1)
        let bytes = ProofFile.bytes(scenario.proof)
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 0x04
            #expect(scenario.refusal(altered) == .damaged, "byte \(position)")
        }
    }

    /// As above, but the altered file's own digest is made to hold again.
    @Test(arguments: [UInt8(0x01), 0x80]) func everyAlteredByteIsRefusedUnderItsOwnDigest(
        _ flip: UInt8
    ) throws {
        let scenario = try ProofScenario(memberCount: 1)
        let body = Array(ProofFile.bytes(scenario.proof).dropLast(Digest.size))
        for position in body.indices {
            var altered = body
            altered[position] ^= flip
            altered += Digest.sha256(altered).bytes
            #expect(scenario.refusal(altered) != nil, "byte \(position)")
        }
    }

    @Test func cutFilesAreRefused() throws {
        let scenario = try ProofScenario(memberCount: 1)
        let bytes = ProofFile.bytes(scenario.proof)
        for count in stride(from: 0, to: bytes.count, by: 97) {
            #expect(scenario.refusal(Array(bytes.prefix(count))) == .damaged)
        }
        #expect(scenario.refusal(bytes + [0]) == .damaged)
    }
}

@Suite struct ProofTrustTests {
    @Test func filesOfNeitherKindAreRefused() {
        #expect(throws: ProofTrust.Problem.neither) { try ProofTrust(file: []) }
        #expect(throws: ProofTrust.Problem.neither) { try ProofTrust(file: Array("key".utf8)) }
        #expect(throws: ProofTrust.Problem.neither) { try ProofTrust(file: [0xff, 0xfe]) }
    }

    @Test func repeatedKeysDoNotCountTwice() throws {
        let key = NoteKey(
            name: "a/b", algorithm: .cosignature, publicKey: [UInt8](repeating: 3, count: 32)
        ).text
        #expect(throws: ProofTrust.Problem.repeatedKey("a/b")) {
            try ProofTrust(file: Array("# two\n\(key)\n\(key)\n".utf8))
        }
    }
}
