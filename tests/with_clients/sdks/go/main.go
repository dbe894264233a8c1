// The AWS SDK for Go, led by the variables and UsePathStyle; tests/with_clients/test_client_sdks.py.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

var bucket = aws.String("data")

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(truth bool, what string) {
	if !truth {
		panic(what)
	}
}

func main() {
	ctx := context.Background()
	client := s3.NewFromConfig(must(config.LoadDefaultConfig(ctx)), func(o *s3.Options) { o.UsePathStyle = true })
	put := func(key string, algorithm types.ChecksumAlgorithm) {
		must(client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("text"),
			ChecksumAlgorithm: algorithm, Metadata: map[string]string{"run": "1"}}))
	}
	put("a/ü +1", types.ChecksumAlgorithmCrc64nvme)
	put("a/sha", types.ChecksumAlgorithmSha256)
	check(s3.NewObjectExistsWaiter(client).Wait(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("a/sha")},
		10*time.Second) == nil, "waited for")
	found := must(client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("a/ü +1"),
		ChecksumMode: types.ChecksumModeEnabled}))
	check(string(must(io.ReadAll(found.Body))) == "text" && found.Metadata["run"] == "1", "read as written")

	large := bytes.Repeat([]byte("x"), 11<<20)
	uploader := manager.NewUploader(client, func(u *manager.Uploader) { u.PartSize = 5 << 20 })
	must(uploader.Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("large"), Body: bytes.NewReader(large)}))
	buffer := manager.NewWriteAtBuffer(nil)
	must(manager.NewDownloader(client).Download(ctx, buffer, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("large")}))
	check(bytes.Equal(buffer.Bytes(), large), "downloaded as uploaded")
	must(client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String("data/a/sha")}))

	var keys []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, entry := range must(pages.NextPage(ctx)).Contents {
			keys = append(keys, *entry.Key)
		}
	}
	check(strings.Join(keys, ",") == "a/sha,a/ü +1,copy,large", fmt.Sprint("listed ", keys))
	must(client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket,
		Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("a/sha")}}}}))
	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("missing")})
	var missing *types.NoSuchKey
	check(errors.As(err, &missing), "a missing key is NoSuchKey")

	link := must(s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("copy")}))
	version := ""
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/aws/aws-sdk-go-v2/service/s3" {
			version = "s3 " + strings.TrimPrefix(module.Version, "v")
		}
	}
	fmt.Println(string(must(json.Marshal(map[string]string{"version": version, "link": link.URL}))))
}
