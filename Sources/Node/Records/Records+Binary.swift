import Identity
import LedgerCore
package import Vault

/// Files of any kind under `/fhir/Binary`: streamed in and out, never held whole.
extension Records {
    /// Largest single file: what 32-bit piece counts and the catalogue are tested for.
    package static let fileBytesMax: UInt64 = 64 * 1024 * 1024 * 1024

    /// Begins to take a file; `id` replaces or creates a Binary under the client's id.
    package func beginFile(
        id: String? = nil, mediaType: String, ifMatch: String? = nil, _ request: WriteRequest
    ) async throws -> FileUpload {
        try committer.requireOpen()
        let planner = self.planner(request)
        let target =
            try id.map {
                try planner.updateTarget(type: "Binary", id: $0, ifMatch: ifMatch, position: 0)
            } ?? planner.createTarget(type: "Binary", ifNoneExist: nil, position: 0)
        var random = SystemRandomNumberGenerator()
        let locator = Identifier(using: &random)
        let secret = planner.secret(0)
        var sidecar = Sidecar(
            record: target.record, version: target.previous + 1, type: "Binary",
            fhirID: target.fhirID, lastUpdatedMs: target.lastUpdatedMs, form: .raw,
            author: request.caller.person)
        sidecar.mediaType = mediaType
        do {
            let upload = try vault.beginUpload(
                locator: locator,
                compartment: try vault.keystore.compartment(
                    patient: nil, sensitivityClass: 0),
                secret: secret)
            return FileUpload(
                records: self, request: request, target: target, sidecar: sidecar,
                locator: locator, secret: secret, upload: upload)
        } catch {
            throw VaultProblem.error(error)
        }
    }

    /// The earlier upload under the same idempotency key, for comparing this one's bytes with;
    /// `nil` where there is none.
    package func earlierFile(
        id: String?, mediaType: String, _ request: WriteRequest
    ) async throws -> RepeatedFile? {
        guard let claim = try idempotencyClaim(request, entry: 0),
            let outcome = try await replay(claim, of: RepeatedWrite(type: "Binary", id: id)),
            let row = outcome.row
        else { return nil }
        let version = String(row.version)
        let stored = try file(id: row.fhirID, version: version)
        guard stored.sidecar.form == .raw, stored.sidecar.mediaType == mediaType else {
            throw RepeatedWrite.isAnother
        }
        return RepeatedFile(
            outcome, try stream(stored, range: 0..<stored.sizeBytes).makeAsyncIterator())
    }

    /// Version and media type of a Binary, without its content; the newest where no version is
    /// named.
    package func file(id: String, version: String? = nil) throws -> StoredFile {
        guard let current = try index.current(type: "Binary", fhirID: id) else {
            throw NodeError(.notFound, "there is no Binary with this id")
        }
        let row = try version.map { try self.row(current, version: $0) } ?? current
        guard !row.deleted else { throw NodeError(.gone, "this Binary was deleted") }
        do {
            return StoredFile(
                row: row, sidecar: try Sidecar(bytes: try vault.openSidecar(row.locator)))
        } catch {
            throw VaultProblem.error(error)
        }
    }

    /// A range of a file's bytes, in pieces.
    package func stream(_ file: StoredFile, range: Range<Int>) throws -> VersionStream {
        do {
            return try vault.openStream(file.row.locator, range)
        } catch {
            throw VaultProblem.error(error)
        }
    }

    /// The first bytes of a file's content.
    package func head(of file: StoredFile, bytes: Int) throws -> [UInt8] {
        do {
            return try vault.openRange(file.row.locator, 0..<min(bytes, file.sizeBytes))
        } catch {
            throw VaultProblem.error(error)
        }
    }
}

/// A Binary whose content has not been opened.
package struct StoredFile: Sendable {
    package let row: VersionRow
    package let sidecar: Sidecar

    package var sizeBytes: Int { Int(clamping: sidecar.contentBytes) }
}

/// An upload that repeats an earlier one: it must bring the same bytes, and stores nothing.
package final class RepeatedFile {
    private let outcome: WriteOutcome
    private var stored: VersionStream.AsyncIterator
    /// Stored bytes that this upload has not brought yet.
    private var expected: ArraySlice<UInt8> = []

    init(_ outcome: WriteOutcome, _ stored: VersionStream.AsyncIterator) {
        self.outcome = outcome
        self.stored = stored
    }

    /// Compares the next piece.
    ///
    /// - Throws: `NodeError.unprocessable` at the first byte that differs.
    package func compare(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if expected.isEmpty {
                guard let piece = try await stored.next() else { throw RepeatedWrite.isAnother }
                expected = piece[...]
            }
            let count = min(rest.count, expected.count)
            guard rest.prefix(count) == expected.prefix(count) else {
                throw RepeatedWrite.isAnother
            }
            rest = rest.dropFirst(count)
            expected = expected.dropFirst(count)
        }
    }

    /// The answer of the earlier upload.
    package func finish() async throws -> WriteOutcome {
        guard expected.isEmpty, try await stored.next() == nil else {
            throw RepeatedWrite.isAnother
        }
        return outcome
    }
}

/// A file on its way in.
package final class FileUpload {
    private let records: Records
    private let request: WriteRequest
    private let target: Planner.Target
    private var sidecar: Sidecar
    private let locator: Identifier
    private let secret: Digest
    private let upload: Upload

    init(
        records: Records, request: WriteRequest, target: Planner.Target, sidecar: Sidecar,
        locator: Identifier, secret: Digest, upload: Upload
    ) {
        self.records = records
        self.request = request
        self.target = target
        self.sidecar = sidecar
        self.locator = locator
        self.secret = secret
        self.upload = upload
    }

    /// Seals the next piece. Waits for the providers where they are slower than the sender.
    package func append(_ bytes: [UInt8]) async throws {
        sidecar.contentBytes += UInt64(bytes.count)
        guard sidecar.contentBytes <= Records.fileBytesMax else {
            throw NodeError(.tooLarge, "a file has at most \(Records.fileBytesMax) bytes")
        }
        do {
            try records.committer.space.check(forBytes: UInt64(bytes.count))
            try await upload.append(bytes)
        } catch {
            throw VaultProblem.error(error)
        }
    }

    /// Forgets what was taken so far.
    package func abandon() async { await upload.abandon() }

    /// Commits the file.
    package func finish() async throws -> WriteOutcome {
        let sealed: SealedVersion
        do {
            sealed = try await upload.seal(sidecar: sidecar.bytes)
        } catch {
            throw VaultProblem.error(error)
        }
        var write = PlannedWrite(
            record: target.record, previous: target.previous, content: [], secret: secret,
            commitment: sealed.commitment, sidecar: sidecar, locator: locator)
        write.claims = target.claims
        write.uploaded = sealed
        let intent = records.committer.intentBytes([write], request)
        do {
            try await finish(upload, intent)
            let committed = try await records.committer.commit(
                [write], intentBytes: intent,
                stamps: request.stamp?.stamps(intents: [Intent.id(of: intent)]) ?? [],
                caller: request.caller,
                idempotency: try records.idempotencyClaim(request, entry: 0))
            return records.outcome(write, committed)
        } catch let refusal as LedgerRefusal {
            if let claim = try records.idempotencyClaim(request, entry: 0),
                try await !records.replay(claim).isEmpty
            {
                throw NodeError(
                    .busy, "another request under this Idempotency-Key came first",
                    hint: "send it again, to be compared with that one")
            }
            throw LedgerProblem.error(refusal.reason)
        }
    }

    private func finish(_ upload: Upload, _ intent: [UInt8]) async throws {
        do {
            let intent = try ReceivedIntent(bytes: intent)
            try await upload.finish(naming: try records.committer.naming(intent))
        } catch {
            await upload.abandon()
            throw VaultProblem.error(error)
        }
    }
}
