import FHIR
import LedgerCore

extension Loader {
    /// Sends a file as a Binary, and a DocumentReference that points at it.
    func send(document file: LoadPlan.File) async throws -> LoadResult {
        var result = LoadResult()
        result.sizeBytes = file.sizeBytes
        do {
            let name = LoadPlan.name(file.path)
            let head = try OpenFile(file.path).read(max: MediaType.headBytes)
            let document = LoadDocument(
                title: name, mediaType: MediaType.of(name: name, head: head),
                patient: options.patient)
            let sent = try await binary(file.path, document)
            result.count(LoadEffect(creation: sent.response))
            guard let binary = Loader.reference(sent.response, type: "Binary") else {
                throw ClientError.unexpected(what: "a created Binary has no Location")
            }
            let answer = try await write(
                .post, "/fhir/DocumentReference",
                document.reference(binary: binary, sizeBytes: sent.sizeBytes),
                key: "\(sent.key)-1")
            result.count(LoadEffect(creation: answer))
        } catch let error as ClientError {
            result.fail(LoadPlace(file.path), error)
        }
        return result
    }

    private func binary(
        _ path: String, _ document: LoadDocument
    ) async throws -> (response: ClientResponse, key: Digest, sizeBytes: Int) {
        let pending = stamps.begin()
        let pass = try FileDigest.committing(path: path, secret: pending.secret)
        let key = document.key(file: pass.digest)
        let stamp = try pending.finish(pass.commitment)
        let response = try await client.send(
            ClientRequest(
                .post, "/fhir/Binary",
                headers: headers(key: "\(key)-0", contentType: document.mediaType)
                    + [(name: "Cairn-Stamp", value: stamp.header)],
                body: .file(path: path, sizeBytes: pass.sizeBytes, digest: pass.digest)))
        return (response, key, pass.sizeBytes)
    }

    /// `Type/id` out of a `Location`.
    static func reference(_ response: ClientResponse, type: String) -> String? {
        guard let location = response.header("location") else { return nil }
        let parts = location.split(separator: "/")
        guard let at = parts.lastIndex(where: { $0 == type }), at + 1 < parts.count else {
            return nil
        }
        return "\(type)/\(parts[at + 1])"
    }
}

/// A file that becomes a Binary and a DocumentReference.
struct LoadDocument: Hashable, Sendable {
    /// The file's name.
    let title: String
    let mediaType: String
    /// A FHIR id.
    let patient: String?

    /// What both idempotency keys begin with: everything that the two resources depend on, so that
    /// files of the same bytes under two names, or for two patients, are two documents.
    func key(file: Digest) -> Digest {
        var writer = JSONWriter()
        writer.beginArray()
        writer.string(file.description)
        writer.string(mediaType)
        writer.string(title)
        if let patient { writer.string(patient) }
        writer.endArray()
        return Digest.sha256(writer.bytes)
    }

    /// The DocumentReference.
    func reference(binary: String, sizeBytes: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", "DocumentReference")
        writer.member("status", "current")
        if let patient {
            writer.key("subject")
            writer.beginObject()
            writer.member("reference", "Patient/\(patient)")
            writer.endObject()
        }
        writer.key("content")
        writer.beginArray()
        writer.beginObject()
        writer.key("attachment")
        writer.beginObject()
        writer.member("contentType", mediaType)
        writer.member("url", binary)
        // FHIR's unsignedInt ends at 2^31 - 1; larger files go without.
        if sizeBytes <= Int(Int32.max) {
            writer.key("size")
            writer.integer(sizeBytes)
        }
        writer.member("title", title)
        writer.endObject()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
