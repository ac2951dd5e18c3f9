namespace Rouse.TestKit.Swift;

/// <summary>The shell under which a <see cref="SwiftServer"/> lives: writes its rings and settings, starts its programs, and ends them all when its input closes.</summary>
internal static class SwiftScript
{
    /// <summary>$1 folder; $2 to $6 the ports of proxy, account, container, object and memcached; $7 who they run as.</summary>
    public const string Text = """
        cd / && umask 077
        folder=$1 proxy=$2 account=$3 container=$4 object=$5 memcached=$6 user=$7
        mkdir -p "$folder/devices/d1"
        common() { printf '[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = %s\nuser = %s\nswift_dir = %s\nworkers = 0\n' "$1" "$user" "$folder"; }
        part() { printf '[filter:%s]\nuse = egg:swift#%s\n' "$1" "$1"; }
        for server in account container object; do
            eval "port=\$$server"
            { common "$port"
              printf 'devices = %s/devices\nmount_check = false\n[pipeline:main]\npipeline = %s-server\n[app:%s-server]\nuse = egg:swift#%s\n' \
                  "$folder" $server $server $server; } > "$folder/$server.conf"
        done
        { common "$proxy"
          echo '[pipeline:main]'
          echo 'pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server'
          printf '[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n'
          for filter in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo versioned_writes symlink; do part $filter; done
          printf '[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:%s\n' "$memcached"
          printf '[filter:s3api]\nuse = egg:swift#s3api\nlocation = us-east-1\n'
          printf '[filter:tempauth]\nuse = egg:swift#tempauth\nuser_alpha_tester = secret-of-alpha .admin\nuser_beta_tester = secret-of-beta .admin\n'
        } > "$folder/proxy.conf"
        /usr/bin/python3 - "$folder" "$account" "$container" "$object" <<'END' || { rm -rf "$folder"; exit 1; }
        import sys
        from swift.common.ring import RingBuilder
        folder, ports = sys.argv[1], sys.argv[2:]
        for name, port in zip(("account", "container", "object"), ports):
            builder = RingBuilder(4, 1, 0)
            builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1.0, "meta": "",
                             "replication_ip": "127.0.0.1", "replication_port": int(port)})
            builder.rebalance(seed=1)
            builder.get_ring().save("%s/%s.ring.gz" % (folder, name))
        END
        memcached -l 127.0.0.1 -p "$memcached" -U 0 -u "$user" & pids=$!
        for server in account container object proxy; do
            "swift-$server-server" "$folder/$server.conf" >"$folder/$server.log" 2>&1 & pids="$pids $!"
        done
        read -r _
        kill $pids 2>/dev/null
        wait
        rm -rf "$folder"
        """;
}
