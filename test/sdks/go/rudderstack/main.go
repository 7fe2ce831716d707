// RudderStack's Go SDK: only its data plane and its write key are set. It has no call for audience lists.
package main

import (
	"log"
	"os"
	"sync"

	"github.com/rudderlabs/analytics-go/v4"
)

// delivered waits for every message, since Close gives up what waits for another attempt.
type delivered struct{ sync.WaitGroup }

func (d *delivered) Success(analytics.Message)              { d.Done() }
func (d *delivered) Failure(_ analytics.Message, err error) { log.Fatalf("The SDK gave up: %v", err) }

func main() {
	var pending delivered
	client, err := analytics.NewWithConfig(os.Args[2], analytics.Config{DataPlaneUrl: os.Args[1], Callback: &pending})
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range []analytics.Message{
		analytics.Identify{UserId: "u-2", Traits: analytics.NewTraits().Set("plan", "beta")},
		analytics.Track{UserId: "u-2", Event: "Order Completed", Properties: analytics.NewProperties().SetRevenue(12.5).Set("plan", "beta")},
		analytics.Track{UserId: "u-3", Event: "Order Completed", Properties: analytics.NewProperties().SetValue(7)},
	} {
		pending.Add(1)
		if err := client.Enqueue(message); err != nil {
			log.Fatal(err)
		}
	}
	pending.Wait()
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
}
