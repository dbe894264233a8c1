// The AWS SDK for Java, led by the variables and forcePathStyle; tests/with_clients/test_client_sdks.py.
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

public class Round {
    private static final String BUCKET = "data";

    public static void main(String[] arguments) throws Exception {
        try (var client = S3Client.builder().forcePathStyle(true).build()) {
            for (var entry : Map.of("a/ü +1", ChecksumAlgorithm.CRC32_C, "a/sha", ChecksumAlgorithm.SHA256).entrySet()) {
                client.putObject(put -> put.bucket(BUCKET).key(entry.getKey()).metadata(Map.of("run", "1"))
                    .checksumAlgorithm(entry.getValue()), RequestBody.fromString("text"));
            }
            client.waiter().waitUntilObjectExists(head -> head.bucket(BUCKET).key("a/sha"));
            var found = client.getObjectAsBytes(get -> get.bucket(BUCKET).key("a/ü +1").checksumMode(ChecksumMode.ENABLED));
            check(found.asUtf8String().equals("text") && "1".equals(found.response().metadata().get("run")), "read as written");
            transfer();
            client.copyObject(copy -> copy.sourceBucket(BUCKET).sourceKey("a/sha").destinationBucket(BUCKET).destinationKey("copy"));

            var keys = client.listObjectsV2Paginator(list -> list.bucket(BUCKET).maxKeys(2)).contents().stream().map(S3Object::key).toList();
            check(keys.equals(List.of("a/sha", "a/ü +1", "copy", "large")), "listed " + keys);
            client.deleteObjects(all -> all.bucket(BUCKET).delete(d -> d.objects(ObjectIdentifier.builder().key("a/sha").build())));
            try {
                client.getObjectAsBytes(get -> get.bucket(BUCKET).key("missing"));
                throw new AssertionError("a missing key was found");
            } catch (NoSuchKeyException expected) {
                check(expected.statusCode() == 404, "NoSuchKey has 404");
            }
        }
        var style = S3Configuration.builder().pathStyleAccessEnabled(true).build();
        try (var presigner = S3Presigner.builder().serviceConfiguration(style).build()) {
            var link = presigner.presignGetObject(sign -> sign.signatureDuration(Duration.ofMinutes(1))
                .getObjectRequest(get -> get.bucket(BUCKET).key("copy")));
            System.out.printf("{\"version\": \"%s\", \"link\": \"%s\"}%n", VersionInfo.SDK_VERSION, link.url());
        }
    }

    private static void transfer() throws Exception {
        Path file = Files.createTempFile("round", ".bin");
        Path again = Files.createTempFile("round", ".bin");
        Files.write(file, new byte[11 << 20]);
        try (var client = S3AsyncClient.builder().forcePathStyle(true).multipartEnabled(true).build();
             var manager = S3TransferManager.builder().s3Client(client).build()) {
            manager.uploadFile(up -> up.source(file).putObjectRequest(put -> put.bucket(BUCKET).key("large"))).completionFuture().join();
            manager.downloadFile(down -> down.destination(again).getObjectRequest(get -> get.bucket(BUCKET).key("large"))).completionFuture().join();
            check(Files.mismatch(file, again) == -1, "downloaded as uploaded");
        } finally {
            Files.delete(file);
            Files.delete(again);
        }
    }

    private static void check(boolean truth, String what) {
        if (!truth) {
            throw new AssertionError(what);
        }
    }
}
