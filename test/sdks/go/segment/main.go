// Segment's Go SDK: only its endpoint and its write key are set.
package main

import (
	"log"
	"os"
	"sync"

	"github.com/segmentio/analytics-go/v3"
)

// delivered waits for every message, since Close gives up what waits for another attempt.
type delivered struct{ sync.WaitGroup }

func (d *delivered) Success(analytics.Message)              { d.Done() }
func (d *delivered) Failure(_ analytics.Message, err error) { log.Fatalf("The SDK gave up: %v", err) }

func membership(isMember bool) map[string]interface{} {
	return map[string]interface{}{"beta_users": isMember}
}

func main() {
	var pending delivered
	client, err := analytics.NewWithConfig(os.Args[2], analytics.Config{Endpoint: os.Args[1], Callback: &pending})
	if err != nil {
		log.Fatal(err)
	}
	send := func(messages ...analytics.Message) {
		for _, message := range messages {
			pending.Add(1)
			if err := client.Enqueue(message); err != nil {
				log.Fatal(err)
			}
		}
		pending.Wait()
	}
	engage := &analytics.Context{Extra: map[string]interface{}{"personas": map[string]interface{}{
		"computation_class": "audience", "computation_id": "aud-beta", "computation_key": "beta_users",
	}}}
	send(
		analytics.Identify{UserId: "u-1", Context: engage, Traits: membership(true)},
		analytics.Identify{UserId: "u-2", Context: engage, Traits: membership(true)},
		analytics.Track{UserId: "u-3", Event: "Audience Entered", Context: engage, Properties: membership(true)},
	)
	send(
		analytics.Identify{UserId: "u-1", Context: engage, Traits: membership(false)},
		analytics.Track{UserId: "u-2", Event: "Order Completed", Properties: analytics.NewProperties().SetRevenue(12.5).Set("plan", "beta")},
		analytics.Track{UserId: "u-3", Event: "Order Completed", Properties: analytics.NewProperties().SetValue(7)},
	)
	if err := client.Close(); err != nil {
		log.Fatal(err)
	}
}
