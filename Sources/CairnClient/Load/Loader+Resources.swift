import FHIR
import LedgerCore

extension Loader {
    /// Sends one resource: PUT under its id, else POST.
    ///
    /// - Parameter number: of the idempotency key; the place's own where none is given.
    func send(
        resource content: [UInt8], place: LoadPlace, file: Digest, number: Int? = nil,
        into result: inout LoadResult
    ) async throws {
        do {
            let root = try JSONDocument(parsing: content).root
            guard let type = root["resourceType"]?.string, !type.isEmpty else {
                result.fail(place, code: "structure", "is no FHIR resource: no resourceType")
                return
            }
            let key = "\(file)-\(number ?? place.entry ?? 0)"
            let path = "/fhir/\(RequestTarget.segment(type))"
            let response: ClientResponse
            if let id = root["id"]?.string, !id.isEmpty {
                let target = "\(path)/\(RequestTarget.segment(id))"
                response = try await write(.put, target, root.rawBytes, key: key)
            } else {
                response = try await write(.post, path, root.rawBytes, key: key)
            }
            result.count(status: response.status, isReplay: Loader.isReplay(response))
        } catch let error as ClientError {
            result.fail(place, error)
        } catch let error as JSONError {
            result.fail(place, code: "json", error.description)
        }
    }

    /// Sends one stamped write. Where the record exists already, stamps anew after its version.
    func write(
        _ method: ClientRequest.Method, _ target: String, _ content: ArraySlice<UInt8>, key: String
    ) async throws -> ClientResponse {
        var follows: StampedRequest.Follows?
        let body = [UInt8](content)
        let digest = Digest.sha256(body)
        // Another writer may come between twice, not for ever.
        for _ in 0..<3 {
            var request = ClientRequest(
                method, target, headers: headers(key: key), body: .bytes(body, digest: digest))
            if let stamps {
                let stamp = try stamps.write(content, follows: follows)
                request.headers.append(("Cairn-Stamp", stamp.header))
            }
            do {
                return try await client.send(request)
            } catch let error as ClientError {
                guard case .follows(let record, let version, _) = error, stamps != nil else {
                    throw error
                }
                follows = StampedRequest.Follows(record: record, version: version)
            }
        }
        throw ClientError.refused(
            status: 409,
            .init(code: "conflict", message: "others keep changing it", hint: "try again"))
    }

    /// Sends a file as a Binary, and a DocumentReference that points at it.
    func send(document file: LoadPlan.File) async throws -> LoadResult {
        var result = LoadResult()
        result.sizeBytes = file.sizeBytes
        let place = LoadPlace(path: file.path, entry: nil)
        do {
            let name = LoadPlan.name(file.path)
            let head = try OpenFile(file.path).read(max: MediaType.headBytes)
            let mediaType = MediaType.of(name: name, head: head)
            let (response, digest, size) = try await binary(file.path, mediaType)
            result.count(status: response.status, isReplay: Loader.isReplay(response))
            guard let binary = Loader.reference(response, type: "Binary") else {
                throw ClientError.unexpected(what: "a created Binary has no Location")
            }
            let reference = DocumentText.reference(
                binary: binary, mediaType: mediaType, title: name, sizeBytes: size,
                patient: options.patient)
            let answer = try await write(
                .post, "/fhir/DocumentReference", reference[...], key: "\(digest)-1")
            result.count(status: answer.status, isReplay: Loader.isReplay(answer))
        } catch let error as ClientError {
            result.fail(place, error)
        }
        return result
    }

    private func binary(
        _ path: String, _ mediaType: String
    ) async throws -> (ClientResponse, digest: Digest, sizeBytes: Int) {
        let pending = stamps?.begin()
        // Without a stamp the commitment is nobody's; the pass is needed for the hash.
        let pass = try FileDigest.committing(path: path, secret: pending?.secret ?? .zero)
        var request = ClientRequest(
            .post, "/fhir/Binary",
            headers: headers(key: "\(pass.digest)-0", contentType: mediaType),
            body: .file(path: path, sizeBytes: pass.sizeBytes, digest: pass.digest))
        if let pending {
            let stamp = try pending.finish(pass.commitment)
            request.headers.append(("Cairn-Stamp", stamp.header))
        }
        return (try await client.send(request), pass.digest, pass.sizeBytes)
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

/// The DocumentReference of a loaded file.
enum DocumentText {
    static func reference(
        binary: String, mediaType: String, title: String, sizeBytes: Int, patient: String?
    ) -> [UInt8] {
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
